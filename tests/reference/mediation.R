# Reference numbers for retorno.stats.mediation: Rscript mediation.R, in this folder, writes mediation.json.
# lavaan: three mediators side by side with free error covariances, which gives the least-squares coefficients, and
# delta errors. Base R: partial correlations from residuals, and the indirect effect of mediator 1 at rho = 0.2 by
# solving for the coefficient that makes the correlation of the two errors 0.2 (uniroot).
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
i <- 1:80
t <- rep(c(0, 1), 40)
u <- ((i * 29) %% 37 - 18) / 9
d <- data.frame(
  t = t,
  m1 = round(4 + 0.9 * t + ((i * 7) %% 19 - 9) / 5 + 0.3 * u, 2),
  m2 = round(4 + 0.5 * t + ((i * 11) %% 23 - 11) / 6 + 0.4 * u, 2),
  m3 = round(4 + 0.2 * t + ((i * 13) %% 17 - 8) / 4 - 0.2 * u, 2)
)
d$y <- round(1 + 0.2 * t + 0.4 * d$m1 + 0.3 * d$m2 - 0.1 * d$m3 + ((i * 17) %% 31 - 15) / 8, 2)
model <- "
  m1 ~ a1 * t
  m2 ~ a2 * t
  m3 ~ a3 * t
  y ~ direct * t + b1 * m1 + b2 * m2 + b3 * m3
  m1 ~~ m2 + m3
  m2 ~~ m3
  indirect1 := a1 * b1
  indirect2 := a2 * b2
  indirect3 := a3 * b3
  total_indirect := a1 * b1 + a2 * b2 + a3 * b3
  total := direct + a1 * b1 + a2 * b2 + a3 * b3
"
fit <- sem(model, data = d, control = list(rel.tol = 1e-14))
found <- subset(parameterEstimates(fit), label != "")
named <- function(column) setNames(as.list(found[[column]]), found$label)
held <- function(j) {
  others <- setdiff(c("m1", "m2", "m3"), paste0("m", j))
  list(y = resid(lm(reformulate(c("t", others), "y"), d)),
       m = resid(lm(reformulate(c("t", others), paste0("m", j)), d)))
}
rho <- sapply(1:3, function(j) with(held(j), cor(y, m)))
open <- held(1)
b_at <- function(rho) uniroot(function(b) cor(open$y - b * open$m, open$m) - rho, c(-5, 5), tol = 1e-14)$root
a1 <- coef(lm(m1 ~ t, d))[["t"]]
out <- list(
  source = list(program = R.version.string, packages = list(lavaan = as.character(packageVersion("lavaan"))),
                call = "sem(model, data); cor of residuals; uniroot"),
  data = as.list(d), estimate = named("est"), delta_se = named("se"), rho_at_zero = rho,
  indirect1_at = list(rho = c(-0.3, 0.2, 0.6), effect = a1 * sapply(c(-0.3, 0.2, 0.6), b_at))
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), "\n", file = "mediation.json")
