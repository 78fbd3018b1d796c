# Reference numbers for retorno.stats.ordered, on MASS::housing (1,681 tenants of Copenhagen, Venables and Ripley 2002,
# section 7.3). Writes ordered.json beside this file: Rscript tests/reference/ordered.R
suppressPackageStartupMessages({
  library(MASS)
  library(ordinal)
  library(VGAM)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
table <- transform(housing, Sat = as.character(Sat), Infl = as.character(Infl),
                   Type = as.character(Type), Cont = as.character(Cont))

# The same model twice: polr as published, at a tolerance below its own, and clm, which climbs by Newton's method.
polr_fit <- polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing, Hess = TRUE,
                 control = list(reltol = 1e-16, maxit = 5000))
clm_fit <- clm(Sat ~ Infl + Type + Cont, weights = Freq, data = housing,
               control = clm.control(gradTol = 1e-12))
errors <- sqrt(diag(vcov(clm_fit)))
designs <- unique(housing[, c("Infl", "Type", "Cont")])
shares <- predict(polr_fit, designs, type = "probs")

# Brant (1990): a binary logit at each cut, their joint covariance, a Wald test of equal slopes.
rows <- housing[rep(seq_len(nrow(housing)), housing$Freq), ]
X <- model.matrix(~ Infl + Type + Cont, rows)
fits <- lapply(1:2, function(cut) {
  glm.fit(X, as.numeric(as.integer(rows$Sat) > cut), family = binomial(),
          control = glm.control(epsilon = 1e-14, maxit = 100))
})
p <- sapply(fits, fitted)
information <- function(w) crossprod(X, w * X)
bread <- lapply(1:2, function(j) solve(information(p[, j] * (1 - p[, j]))))
cross <- bread[[1]] %*% information(p[, 2] * (1 - p[, 1])) %*% bread[[2]]
slopes <- -1
gap <- (coef(fits[[1]]) - coef(fits[[2]]))[slopes]
spread <- (bread[[1]] + bread[[2]] - cross - t(cross))[slopes, slopes]
wald <- drop(gap %*% solve(spread, gap))
each <- gap^2 / diag(spread)

# Neighbours: likelihood ratio tests of the same hypothesis.
one <- vglm(Sat ~ Infl + Type + Cont, cumulative(parallel = TRUE), weights = Freq, data = housing)
free <- vglm(Sat ~ Infl + Type + Cont, cumulative(parallel = FALSE), weights = Freq, data = housing)
nominal <- nominal_test(clm(Sat ~ Infl + Type + Cont, weights = Freq, data = housing))

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("MASS", "ordinal", "VGAM", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = "polr and clm(Sat ~ Infl + Type + Cont, weights = Freq, data = MASS::housing); glm at each cut after Brant 1990",
      script = "ordered.R"
    ),
    housing = table,
    names = names(coef(polr_fit)),
    coefficients = unname(clm_fit$beta),
    errors = unname(tail(errors, length(clm_fit$beta))),
    thresholds = unname(clm_fit$alpha),
    threshold_errors = unname(head(errors, 2)),
    log_likelihood = as.numeric(logLik(clm_fit)),
    polr = list(coefficients = unname(coef(polr_fit)), thresholds = unname(polr_fit$zeta),
                errors = unname(sqrt(diag(vcov(polr_fit))))),
    designs = transform(designs, Infl = as.character(Infl), Type = as.character(Type),
                        Cont = as.character(Cont)),
    shares = unname(shares),
    brant = list(statistic = wald, df = length(gap),
                 p = pchisq(wald, length(gap), lower.tail = FALSE),
                 each = unname(each), each_p = unname(pchisq(each, 1, lower.tail = FALSE)),
                 slopes = unname(rbind(coef(fits[[1]])[slopes], coef(fits[[2]])[slopes]))),
    likelihood_ratio = list(
      vgam = list(statistic = 2 * (logLik(free) - logLik(one)),
                  df = df.residual(one) - df.residual(free)),
      nominal_test = list(term = rownames(nominal)[-1], statistic = nominal$LRT[-1],
                          df = nominal$Df[-1], p = nominal[["Pr(>Chi)"]][-1])
    )
  ),
  file.path(here, "ordered.json"), auto_unbox = TRUE, digits = 14, pretty = TRUE
)
