# Reference numbers for retorno.stats.meta.effects: metafor's escalc on data sets of metadat, and on a few made rows where
# it has none. Writes meta_effects.json beside this file: Rscript tests/reference/meta_effects.R
suppressPackageStartupMessages({
  library(metafor)
  library(metadat)
  library(jsonlite)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))

entry <- function(measure, columns, ...) {
  made <- escalc(measure, ...)
  list(measure = measure, columns = columns, effect = as.numeric(made$yi), variance = as.numeric(made$vi))
}

normand <- with(dat.normand1999, list(mean1 = m1i, sd1 = sd1i, n1 = n1i, mean2 = m2i, sd2 = sd2i, n2 = n2i))
two <- function(measure, x) {
  entry(measure, x, m1i = x$mean1, sd1i = x$sd1, n1i = x$n1, m2i = x$mean2, sd2i = x$sd2, n2i = x$n2)
}
small <- list(mean1 = c(5.1, 4.0, 3.3), sd1 = c(1.2, 0, 0.7), n1 = c(2, 3, 9),
              mean2 = c(4.2, 4.4, 5.1), sd2 = c(0.8, 1.1, 0.6), n2 = c(2, 5, 8))

# after minus before: metafor's m1i is the after score, and sd1i the SD it divides by
pairs <- list(mean_before = c(4.0, 5.2, 6.1, 3.3), mean_after = c(4.9, 5.0, 6.6, 5.3), sd_before = c(1.3, 1.6, 0.9, 1.4),
              sd_after = c(1.5, 1.2, 1.0, 1.4), n = c(30, 3, 142, 12), r = c(0.6, -0.2, 0.81, 0))
smcr <- entry("SMCR", pairs[setdiff(names(pairs), "sd_after")],
              m1i = pairs$mean_after, m2i = pairs$mean_before, sd1i = pairs$sd_before, ni = pairs$n, ri = pairs$r)
smcc <- entry("SMCC", pairs, m1i = pairs$mean_after, m2i = pairs$mean_before, sd1i = pairs$sd_after,
              sd2i = pairs$sd_before, ni = pairs$n, ri = pairs$r)

correlations <- with(dat.mcdaniel1994, list(r = ri, n = ni))

# t, F and p of the same eight tests of dat.normand1999, made by R; escalc takes t
pooled <- with(normand, sqrt(((n1 - 1) * sd1^2 + (n2 - 1) * sd2^2) / (n1 + n2 - 2)))
t <- with(normand, (mean1 - mean2) / (pooled * sqrt(1 / n1 + 1 / n2)))
df <- with(normand, n1 + n2 - 2)
tests <- list(t = t, f = t^2, sign = sign(t), p = 2 * pt(-abs(t), df), n1 = normand$n1, n2 = normand$n2)

bcg <- with(dat.bcg, list(events1 = tpos, n1 = tpos + tneg, events2 = cpos, n2 = cpos + cneg))
empty <- list(events1 = c(0, 5, 3, 0, 8), n1 = c(20, 40, 3, 15, 8), events2 = c(4, 0, 1, 0, 9), n2 = c(22, 41, 9, 16, 9))
counts <- function(measure, x) entry(measure, x, ai = x$events1, n1i = x$n1, ci = x$events2, n2i = x$n2)

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = sapply(c("metafor", "metadat", "jsonlite"),
                        function(name) as.character(packageVersion(name)), simplify = FALSE),
      call = "escalc(measure, ...) with its defaults: vtype = \"LS\", add = 1/2, to = \"only0\"",
      data = "dat.normand1999, dat.mcdaniel1994, dat.bcg; the other rows are made up",
      script = "meta_effects.R"
    ),
    g_from_means = list(two("SMD", normand), two("SMD", small)),
    difference_of_means = list(two("MD", normand), two("MD", small)),
    change_in_before_sds = list(smcr),
    change_in_change_sds = list(smcc),
    fisher_z = list(entry("ZCOR", correlations, ri = correlations$r, ni = correlations$n)),
    g_from_t = list(entry("SMD", tests[c("t", "n1", "n2")], ti = t, n1i = tests$n1, n2i = tests$n2)),
    g_from_f = list(entry("SMD", tests[c("f", "n1", "n2", "sign")], ti = t, n1i = tests$n1, n2i = tests$n2)),
    g_from_p = list(entry("SMD", tests[c("p", "n1", "n2", "sign")], ti = t, n1i = tests$n1, n2i = tests$n2)),
    log_risk_ratio = list(counts("RR", bcg), counts("RR", empty)),
    log_odds_ratio = list(counts("OR", bcg), counts("OR", empty))
  ),
  file.path(here, "meta_effects.json"), auto_unbox = TRUE, digits = I(15), pretty = TRUE
)
