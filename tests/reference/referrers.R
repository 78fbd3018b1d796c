# Reference numbers for who refers: Rscript referrers.R, in this folder, writes referrers.json.
# Counts, groups and values are built here. Gini and Lorenz curve by their definitions; the error of the Gini, of a top
# share and of the rank correlation by leaving one unit, or one group, out; rma.mh of metafor for the difference within
# strata, lm with vcovHC of sandwich for that at equal covariates; the Gini of a Poisson by summing its probabilities.
suppressPackageStartupMessages({library(metafor); library(sandwich); library(jsonlite)})

i <- 1:240
counts <- ifelse(i %% 3 == 0, 0, (i * 37) %% 7) * ifelse(i %% 5 == 0, 2, 1)
gini <- function(x) mean(abs(outer(x, x, "-"))) / 2 / mean(x)
jackknife <- function(f, n) {
  left <- sapply(seq_len(n), f)
  sqrt((n - 1) / n * sum((left - mean(left))^2))
}
sorted <- sort(counts)
at <- c(0.4, 0.8, 0.95)
lorenz <- sapply(at, function(p) approx(c(0, seq_along(sorted) / length(sorted)),
                                        c(0, cumsum(sorted) / sum(sorted)), p)$y)
k <- 0:400
poisson <- sapply(c(0.3, 1.95, 40), function(m) {
  p <- dpois(k, m)
  sum(outer(p, p) * abs(outer(k, k, "-"))) / 2 / m
})

group <- 1 + (i * 7) %% 40
first <- round(10 * sin(group) + (i * 13) %% 11, 1)
second <- round(0.4 * first + 6 * cos(group * 1.7) + (i * 29) %% 17, 0)
rank_r <- function(use) cor(first[use], second[use], method = "spearman")

referred <- as.integer((i * 11) %% 9 < 4)
stratum <- 1 + (i * 5) %% 6
referred[stratum == 2] <- 0
age <- (i * 17) %% 31
left <- as.integer(((i * 23) %% 19) / 19 < 0.25 + 0.05 * stratum - 0.1 * referred)
cells <- table(stratum, referred, left)
both <- setdiff(unique(sort(stratum)), 2)
mh <- rma.mh(measure = "RD", ai = cells[both, 2, 2], bi = cells[both, 2, 1],
             ci = cells[both, 1, 2], di = cells[both, 1, 1])
use <- stratum != 2
fit <- lm(left[use] ~ referred[use] + factor(stratum[use]) + age[use])

out <- list(
  source = list(
    program = R.version.string,
    packages = list(metafor = as.character(packageVersion("metafor")),
                    sandwich = as.character(packageVersion("sandwich"))),
    call = "rma.mh(measure = \"RD\"); lm, vcovHC(type = \"HC3\"); cor(method = \"spearman\"); jackknife"
  ),
  counts = counts,
  gini = gini(counts),
  gini_se = jackknife(function(j) gini(counts[-j]), length(counts)),
  at = at,
  lorenz = lorenz,
  poisson_mean = c(0.3, 1.95, 40),
  poisson_gini = poisson,
  group = group,
  first = first,
  second = second,
  spearman = rank_r(i),
  spearman_se = jackknife(function(j) rank_r(i[-j]), length(i)),
  spearman_cluster_se = jackknife(function(g) rank_r(i[group != g]), 40),
  referred = referred,
  stratum = stratum,
  age = age,
  left = left,
  mh = as.numeric(mh$beta),
  mh_se = mh$se,
  mh_low = mh$ci.lb,
  mh_high = mh$ci.ub,
  adjusted = unname(coef(fit)[2]),
  adjusted_se = sqrt(vcovHC(fit, type = "HC3")[2, 2]),
  adjusted_df = fit$df.residual
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = FALSE), "\n", file = "referrers.json")
