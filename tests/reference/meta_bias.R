# Reference numbers for retorno.stats.meta.bias and .selection, on five data sets of metadat: log risk ratios,
# standardised mean differences (two), Fisher's z of correlations, log odds ratios. Writes meta_bias.json beside this
# file: Rscript tests/reference/meta_bias.R
#
# metafor stops its iterations early by default; `exact` and `climb` let them run until nothing moves, so that what
# iterates is right to 1e-8 or so.
suppressPackageStartupMessages({
  library(metafor)
  library(metadat)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
exact <- list(threshold = 1e-12, maxiter = 10000)
climb <- list(reltol = 1e-16, maxit = 10000, ndeps = rep(1e-6, 4)) # finer differences than the default of 1e-3
asked <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994)
sets <- list(
  bcg = escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg),
  normand1999 = escalc(measure = "SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                       data = dat.normand1999),
  mcdaniel1994 = asked[!is.na(asked$yi), ],
  bangertdrowns2004 = dat.bangertdrowns2004,
  hackshaw1998 = dat.hackshaw1998
)

of_lm <- function(yi, vi, predictor) {
  x <- regtest(yi, vi, model = "lm", predictor = predictor, ret.fit = TRUE)
  table <- coef(summary(x$fit))
  list(limit = table[1, 1], limit_se = table[1, 2], ci_low = x$ci.lb, ci_high = x$ci.ub,
       slope = table[2, 1], slope_se = table[2, 2], statistic = x$zval, df = x$dfs, p = x$pval)
}

of_rma <- function(yi, vi, predictor, test, method) {
  fit <- rma(yi, vi, method = method, test = test, control = exact)
  x <- regtest(fit, predictor = predictor, ret.fit = TRUE)
  list(limit = x$fit$beta[1], limit_se = x$fit$se[1], ci_low = x$ci.lb, ci_high = x$ci.ub,
       slope = x$fit$beta[2], slope_se = x$fit$se[2], statistic = x$zval,
       df = if (test == "knha") x$dfs else NULL, p = x$pval, tau2 = x$fit$tau2)
}

of_trim <- function(yi, vi, estimator, side, method) {
  fit <- rma(yi, vi, method = method, test = "z", control = exact)
  x <- if (is.null(side)) trimfill(fit, estimator = estimator, control = exact)
       else trimfill(fit, estimator = estimator, side = side, control = exact)
  list(estimator = estimator, asked = if (is.null(side)) "found" else side, method = method, side = x$side,
       k0 = x$k0, se_k0 = x$se.k0, p_k0 = if (is.na(x$p.k0)) NULL else x$p.k0, mu = x$beta[1], se = x$se,
       ci_low = x$ci.lb, ci_high = x$ci.ub, tau2 = x$tau2,
       effect = as.numeric(x$yi[x$fill]), variance = as.numeric(x$vi[x$fill]))
}

of_selection <- function(yi, vi, alternative) {
  fit <- rma(yi, vi, method = "ML", control = exact)
  x <- selmodel(fit, type = "stepfun", steps = .025, alternative = alternative, control = climb)
  list(alternative = alternative, mu = x$beta[1], se = x$se, ci_low = x$ci.lb, ci_high = x$ci.ub, tau2 = x$tau2,
       tau2_se = x$se.tau2, weight = x$delta[2], weight_se = x$se.delta[2], weight_low = x$ci.lb.delta[2],
       weight_high = x$ci.ub.delta[2], log_likelihood = x$ll, statistic = x$LRT, p = x$LRTp)
}

results <- lapply(sets, function(data) {
  yi <- as.numeric(data$yi); vi <- as.numeric(data$vi)
  up <- mean(yi) > 0
  # A tie makes cor.test fall back on the normal law, with a warning.
  rank <- suppressWarnings(ranktest(yi, vi))
  trims <- list()
  for (estimator in c("L0", "R0")) for (side in list(NULL, "left", "right")) for (method in c("REML", "EE")) {
    trims <- c(trims, list(of_trim(yi, vi, estimator, side, method)))
  }
  list(
    effect = yi, variance = vi,
    weighted = list(se = of_lm(yi, vi, "sei"), variance = of_lm(yi, vi, "vi")),
    mixed = list(se = of_rma(yi, vi, "sei", "knha", "REML"), variance = of_rma(yi, vi, "vi", "knha", "REML"),
                 wald = of_rma(yi, vi, "sei", "z", "REML"), dl = of_rma(yi, vi, "sei", "z", "DL")),
    rank = list(tau = as.numeric(rank$tau), p = rank$pval),
    trim = trims,
    rosenthal = lapply(list(fsn(yi, vi), fsn(yi, vi, alpha = .01)),
                       function(x) list(n = x$fsnum, alpha = x$alpha, p = x$pval)),
    orwin = lapply(list(fsn(yi, vi, type = "Orwin"), fsn(yi, vi, type = "Orwin", target = .05),
                        fsn(yi, vi, type = "Orwin", target = .05, weighted = TRUE)),
                   function(x) list(n = x$fsnum, mean = x$meanes, target = x$target)),
    selection = lapply(c("greater", "less"), function(alternative) {
      p <- pnorm(yi / sqrt(vi), lower.tail = alternative == "less")
      if (all(p <= .025) || all(p > .025)) list(alternative = alternative, empty = TRUE)
      else of_selection(yi, vi, alternative)
    })
  )
})

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("metafor", "metadat", "numDeriv", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = paste("regtest(model = lm, rma), ranktest, trimfill(L0, R0), fsn(Rosenthal, Orwin),",
                   "selmodel(stepfun, steps = .025)"),
      data = "metadat: dat.bcg, dat.normand1999, dat.mcdaniel1994, dat.bangertdrowns2004, dat.hackshaw1998",
      script = "meta_bias.R"
    ),
    sets = results
  ),
  file.path(here, "meta_bias.json"), auto_unbox = TRUE, digits = I(15), pretty = TRUE, null = "null"
)
