# Reference numbers for retorno.stats.meta.models: metafor on six data sets of metadat, and on five that sit at a bound.
# Writes meta_models.json beside this file: Rscript tests/reference/meta_models.R
suppressPackageStartupMessages({
  library(metafor)
  library(metadat)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))

# metafor stops Fisher scoring when tau2 moves less than 1e-5, and uniroot at 1e-4, whatever the unit of the effects;
# these settings make its iterated values exact to 1e-9 and better. Its largest tau2 is 100 unless told.
exact <- function(yi) {
  size <- max(1, var(yi))
  list(threshold = 1e-12 * size, maxiter = 100000, tol = 1e-14 * size, tau2.max = 1000 * size)
}

bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
smd <- escalc("SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
mcdaniel <- escalc("ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994)
sets <- list(
  bcg_rr = bcg,
  normand_md = normand,
  normand_smd = smd,
  mcdaniel_z = mcdaniel,
  bangertdrowns = dat.bangertdrowns2004,
  konstantopoulos = dat.konstantopoulos2011,
  two_studies = data.frame(yi = c(0.1, 0.6), vi = c(0.02, 0.03)),
  two_alike = data.frame(yi = c(0.1, 0.2), vi = c(0.02, 0.03)),
  three_studies = data.frame(yi = c(0.1, 0.6, -0.2), vi = c(0.02, 0.03, 0.05)),
  at_bound = data.frame(yi = c(0.20, 0.31, 0.24, 0.35, 0.27), vi = c(0.02, 0.05, 0.03, 0.09, 0.04)),
  nearly_equal = data.frame(yi = c(0.300, 0.301, 0.299, 0.3005), vi = c(0.2, 0.5, 0.3, 0.9))
)

one <- function(yi, vi, method, test) {
  fit <- suppressWarnings(rma(yi, vi, method = method, test = test, control = exact(yi)))
  expected <- predict(fit)
  number <- function(x) if (is.null(x) || is.na(x)) NULL else as.numeric(x)
  random <- if (method == "FE") list(NULL, NULL) else {
    around <- confint(fit, control = exact(yi))$random
    list(around["tau^2", "ci.lb"], around["tau^2", "ci.ub"])
  }
  list(method = method, test = test, mu = as.numeric(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub,
       tau2 = fit$tau2, tau2_low = random[[1]], tau2_high = random[[2]], q = fit$QE, q_p = fit$QEp,
       i2 = fit$I2 / 100, h2 = fit$H2, statistic = fit$zval, p = fit$pval,
       prediction_low = number(expected$pi.lb), prediction_high = number(expected$pi.ub),
       weights = as.numeric(weights(fit)) / 100)
}

fits <- lapply(sets, function(set) {
  yi <- as.numeric(set$yi)
  vi <- as.numeric(set$vi)
  grid <- expand.grid(method = c("REML", "DL", "PM", "ML", "FE"), test = c("knha", "z"), stringsAsFactors = FALSE)
  list(effect = yi, variance = vi,
       fits = Map(function(method, test) one(yi, vi, method, test), grid$method, grid$test, USE.NAMES = FALSE))
})

# 90 % intervals, and the prediction interval with k - 2 that many texts use.
level <- rma(yi, vi, data = bcg, test = "knha", level = 90, control = exact(bcg$yi))
write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("metafor", "metadat", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = "rma(yi, vi, method=, test=, control = exact(yi)), predict, confint, weights",
      script = "meta_models.R"
    ),
    sets = fits,
    level_90 = list(ci = c(level$ci.lb, level$ci.ub),
                    prediction = c(predict(level)$pi.lb, predict(level)$pi.ub),
                    tau2 = unname(confint(level, control = exact(bcg$yi))$random["tau^2", 2:3])),
    riley = with(predict(rma(yi, vi, data = bcg, test = "knha", control = exact(bcg$yi)), pi.type = "riley"), c(pi.lb, pi.ub))
  ),
  file.path(here, "meta_models.json"), auto_unbox = TRUE, digits = I(15), pretty = TRUE, null = "null"
)
