# Reference numbers for retorno.stats.meta.regression and retorno.stats.meta.robust, on data sets of metadat.
# Writes meta_regression.json beside this file: Rscript tests/reference/meta_regression.R
# metafor stops by default at a change of 1e-5 in tau2; with threshold 1e-12 (REML, ML) and tol 1e-14 (PM, Q-profile) its
# iterated values are exact to 1e-9. Where the steps of Fisher scoring jump about, stepadj halves them.
suppressPackageStartupMessages({
  library(metafor)
  library(clubSandwich)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
control <- function(method) {
  if (method %in% c("REML", "ML")) list(threshold = 1e-12, maxiter = 10000)
  else if (method == "PM") list(tol = 1e-14, maxiter = 10000)
  else list()
}
exact <- list(tol = 1e-14, maxiter = 10000)
none_if_na <- function(value) if (is.null(value) || all(is.na(value))) NULL else value

# One regression: X holds the columns without the intercept; newmods are two rows of it.
regression <- function(yi, vi, X, method, test, intercept = TRUE) {
  fit <- rma(yi, vi, mods = X, method = method, test = test, intercept = intercept, control = control(method))
  newmods <- rbind(colMeans(X), X[1, ])
  predicted <- predict(fit, newmods = newmods)
  bounds <- if (method == "FE") NULL else confint(fit, control = exact)$random["tau^2", ]
  list(
    method = method, test = test,
    coefficients = unname(c(fit$beta)), se = fit$se, statistic = unname(fit$zval), p = unname(fit$pval),
    ci_low = fit$ci.lb, ci_high = fit$ci.ub, covariance = unname(fit$vb),
    tau2 = fit$tau2, tau2_low = unname(bounds["ci.lb"]), tau2_high = unname(bounds["ci.ub"]),
    r2 = if (method == "FE") NULL else none_if_na(fit$R2 / 100), i2 = fit$I2 / 100, h2 = fit$H2,
    qe = fit$QE, qe_p = fit$QEp, qm = fit$QM, qm_df = none_if_na(fit$QMdf), qm_p = fit$QMp,
    rows = unname(newmods), value = predicted$pred, value_se = predicted$se,
    value_low = predicted$ci.lb, value_high = predicted$ci.ub,
    prediction_low = predicted$pi.lb, prediction_high = predicted$pi.ub
  )
}

every <- function(yi, vi, X, intercept = TRUE) {
  fits <- list()
  for (method in c("REML", "ML", "DL", "PM", "FE")) for (test in c("z", "knha")) {
    if (method == "FE" && test == "knha") next
    fits[[length(fits) + 1]] <- regression(yi, vi, X, method, test, intercept)
  }
  list(effect = c(yi), variance = c(vi), columns = unname(X), names = I(colnames(X)), intercept = intercept, fits = fits)
}

# Data of different kinds
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc(measure = "SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                  data = dat.normand1999)
mcdaniel <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994)
mcdaniel <- mcdaniel[mcdaniel$struct != "" & !is.na(mcdaniel$struct) & mcdaniel$type != "", ]
bangert <- na.omit(dat.bangertdrowns2004[, c("yi", "vi", "length", "wic", "grade")])
columns <- function(...) { X <- cbind(...); storage.mode(X) <- "double"; X }

regressions <- list(
  bcg = every(bcg$yi, bcg$vi, columns(ablat = bcg$ablat, year = bcg$year)),
  bcg_alloc = every(bcg$yi, bcg$vi, columns(alternate = bcg$alloc == "alternate", random = bcg$alloc == "random",
                                            systematic = bcg$alloc == "systematic"), intercept = FALSE),
  normand = every(normand$yi, normand$vi, columns(n = normand$n1i + normand$n2i)),
  mcdaniel = every(mcdaniel$yi, mcdaniel$vi, columns(structured = mcdaniel$struct == "s",
                                                     job = mcdaniel$type == "j", psychological = mcdaniel$type == "p")),
  bangert = every(bangert$yi, bangert$vi, columns(length = bangert$length, wic = bangert$wic,
                                                  grade2 = bangert$grade == 2, grade3 = bangert$grade == 3,
                                                  grade4 = bangert$grade == 4))
)

# Subgroups: of each kind of allocation (bcg) and of each type of interview (mcdaniel)
groups <- function(data, label, method, test) {
  parts <- lapply(unique(label), function(one) {
    fit <- rma(yi, vi, data = data[label == one, ], method = method, test = test, control = control(method))
    bounds <- predict(fit)
    list(label = one, k = fit$k, mu = c(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub,
         tau2 = fit$tau2, q = fit$QE, q_p = fit$QEp, i2 = fit$I2 / 100,
         prediction_low = bounds$pi.lb, prediction_high = bounds$pi.ub)
  })
  # Means compared by a common-effect model of the means: its QM is Q between.
  mu <- sapply(parts, `[[`, "mu"); se <- sapply(parts, `[[`, "se")
  between <- rma(mu, sei = se, mods = ~ factor(seq_along(mu)), method = "FE")
  common <- rma(yi, vi, mods = ~ factor(label, levels = unique(label)), data = data, method = method, test = test,
                control = control(method))
  welch <- NULL
  if (test == "knha") {  # Welch (1951), with the error of each mean and k - 1 as its degrees of freedom
    w <- 1 / se^2; G <- length(mu); lambda <- sum((1 - w / sum(w))^2 / (sapply(parts, `[[`, "k") - 1))
    f <- between$QM / (G - 1) / (1 + 2 * (G - 2) / (G^2 - 1) * lambda); df2 <- (G^2 - 1) / (3 * lambda)
    welch <- list(statistic = f, df = G - 1, df_error = df2, p = pf(f, G - 1, df2, lower.tail = FALSE))
  }
  list(method = method, test = test, each = parts, q = between$QM, q_df = between$m, q_p = between$QMp, welch = welch,
       common = list(qm = common$QM, qm_p = common$QMp, tau2 = common$tau2))
}
subgroup_sets <- list(bcg = list(data = bcg, label = as.character(bcg$alloc)),
                      mcdaniel = list(data = mcdaniel, label = as.character(mcdaniel$type)))
subgroup_fits <- lapply(subgroup_sets, function(set) {
  list(effect = c(set$data$yi), variance = c(set$data$vi), group = set$label,
       fits = list(groups(set$data, set$label, "REML", "z"), groups(set$data, set$label, "REML", "knha"),
                   groups(set$data, set$label, "DL", "z"), groups(set$data, set$label, "FE", "z")))
})

# Cluster-robust: several effects per district or study, weights of a random-effects model or a meta-regression
robust_fit <- function(data, cluster, X = NULL, method = "REML", tested = NULL) {
  fit <- if (is.null(X)) rma(yi, vi, data = data, method = method, control = control(method))
         else rma(yi, vi, mods = X, data = data, method = method, control = control(method))
  one <- robust(fit, cluster = cluster, adjust = TRUE)
  two <- coef_test(fit, vcov = "CR2", cluster = cluster)
  bounds <- conf_int(fit, vcov = "CR2", cluster = cluster)
  joint <- NULL
  if (length(tested) > 1) {
    found <- Wald_test(fit, constraints = constrain_zero(tested), vcov = "CR2", cluster = cluster, test = "HTZ")
    joint <- list(statistic = found$Fstat, df = found$df_num, df_error = found$df_denom, p = found$p_val)
  }
  contrast <- NULL
  if (!is.null(X)) {
    at <- c(1, colMeans(X))
    found <- linear_contrast(fit, vcov = "CR2", cluster = cluster, contrasts = matrix(at, 1), p_values = TRUE)
    contrast <- list(weights = unname(at), value = found$Est, se = found$SE, df = found$df)
  }
  list(
    effect = c(data$yi), variance = c(data$vi), cluster = as.character(cluster), method = method,
    columns = if (is.null(X)) NULL else unname(X), names = if (is.null(X)) NULL else I(colnames(X)),
    coefficients = unname(c(fit$beta)), tau2 = fit$tau2,
    cr1 = list(se = one$se, df = one$dfs, ci_low = one$ci.lb, ci_high = one$ci.ub, statistic = unname(one$zval),
               p = unname(one$pval), qm = one$QM, qm_df = one$QMdf, qm_p = one$QMp),
    cr2 = list(se = two$SE, df = two$df_Satt, statistic = unname(two$tstat), p = two$p_Satt,
               ci_low = bounds$CI_L, ci_high = bounds$CI_U,
               covariance = unname(matrix(vcovCR(fit, type = "CR2", cluster = cluster), nrow = fit$p))),
    joint = joint, contrast = contrast
  )
}
schools <- dat.konstantopoulos2011
assink <- dat.assink2016
robusts <- list(
  schools = robust_fit(schools, schools$district),
  schools_fe = robust_fit(schools, schools$district, method = "FE"),
  schools_year = robust_fit(schools, schools$district, columns(year = schools$year)),
  assink = robust_fit(assink, assink$study),
  assink_moderators = robust_fit(assink, assink$study, columns(
    year = assink$year, published = assink$pubstatus, covert = assink$deltype == "covert",
    overt = assink$deltype == "overt"), tested = 4:5)
)

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("metafor", "metadat", "clubSandwich", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = paste("rma(yi, vi, mods = X, method, test), predict, confint; robust(fit, cluster) for CR1;",
                   "coef_test, conf_int, linear_contrast and Wald_test(fit, vcov = 'CR2', cluster) for CR2"),
      data = "metadat: dat.bcg, dat.normand1999, dat.mcdaniel1994, dat.bangertdrowns2004, dat.konstantopoulos2011, dat.assink2016",
      script = "meta_regression.R"
    ),
    regressions = regressions, subgroups = subgroup_fits, robust = robusts
  ),
  file.path(here, "meta_regression.json"), auto_unbox = TRUE, digits = I(15), pretty = TRUE, null = "null", na = "null"
)
