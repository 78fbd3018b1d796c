# Reference numbers for retorno.stats.meta.influence: metafor's cumul, leave1out, influence, baujat and blup on
# data sets of metadat. Writes meta_influence.json beside this file: Rscript tests/reference/meta_influence.R
suppressPackageStartupMessages({
  library(metafor)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))

# metafor stops at a change of tau2 below 1e-5 (REML, ML) or a bracket of 1e-4 (PM) by default; here far below 1e-9.
exact <- list(threshold = 1e-12, maxiter = 10000, tol = 1e-14)
# The likelihood of the first six trials of dat.bcg by year has two peaks, tau2 = 0 (log-likelihood -3.554) and 0.0596
# (-3.369). From its own start metafor stops at the lower one; from 0.1 it climbs the higher one.
climbing <- c(exact, tau2.init = 0.1)

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc(measure = "SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                  data = dat.normand1999)
mcdaniel <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994)
data <- list(
  bcg = list(effect = c(bcg$yi), variance = c(bcg$vi), when = bcg$year),
  normand1999 = list(effect = c(normand$yi), variance = c(normand$vi), when = normand$study),
  mcdaniel1994 = list(effect = c(mcdaniel$yi), variance = c(mcdaniel$vi), when = mcdaniel$study),
  bangertdrowns2004 = list(effect = dat.bangertdrowns2004$yi, variance = dat.bangertdrowns2004$vi,
                           when = dat.bangertdrowns2004$year),
  konstantopoulos2011 = list(effect = dat.konstantopoulos2011$yi, variance = dat.konstantopoulos2011$vi,
                             when = dat.konstantopoulos2011$year)
)

steps <- function(x) {
  # metafor names the statistic and its p differently in the two functions and by the test
  list(mu = as.numeric(x$estimate), se = x$se, statistic = if (is.null(x$tval)) x$zval else x$tval,
       p = if (is.null(x$pvals)) x$pval else x$pvals, ci_low = x$ci.lb, ci_high = x$ci.ub,
       q = x$Q, q_p = x$Qp, tau2 = if (is.null(x$tau2)) rep(0, length(x$Q)) else x$tau2,
       i2 = x$I2 / 100, h2 = x$H2)
}

case <- function(name, method, test) {
  yi <- data[[name]]$effect
  vi <- data[[name]]$variance
  when <- data[[name]]$when
  fit <- rma(yi, vi, method = method, test = test, control = if (method == "ML") climbing else exact)
  grown <- cumul(fit, order = when)
  pdf(NULL)
  found <- influence(fit)
  points <- baujat(fit)
  shrunken <- blup(fit)
  list(
    data = name, method = method, test = test,
    order = order(when) - 1,
    cumul = steps(grown), leave1out = steps(leave1out(fit)),
    influence = c(unclass(found$inf)[c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat",
                                       "weight")],
                  list(dfbs = found$dfbs[[1]], is.infl = unname(found$is.infl))),
    baujat = list(x = points$x, y = points$y),
    blup = list(pred = shrunken$pred, se = shrunken$se, low = shrunken$pi.lb, high = shrunken$pi.ub)
  )
}

cases <- list(
  case("bcg", "REML", "knha"), case("bcg", "REML", "z"), case("bcg", "ML", "knha"), case("bcg", "DL", "z"),
  case("bcg", "PM", "knha"), case("bcg", "FE", "z"),
  case("normand1999", "REML", "knha"), case("mcdaniel1994", "REML", "knha"),
  case("bangertdrowns2004", "REML", "knha"), case("bangertdrowns2004", "PM", "z"),
  case("konstantopoulos2011", "DL", "knha")
)

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("metafor", "metadat", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = paste("rma(yi, vi, method, test, control = list(threshold = 1e-12, maxiter = 10000, tol = 1e-14)), then",
                   "cumul, leave1out, influence, baujat, blup; tau2.init = 0.1 for ML"),
      script = "meta_influence.R"
    ),
    data = data, cases = cases
  ),
  file.path(here, "meta_influence.json"), auto_unbox = TRUE, digits = I(15), na = "null"
)
