# Reference numbers for the lapse threshold: Rscript survival_gaps.R, in this folder, writes survival_gaps.json.
# Days to the next purchase with ties and censoring, built here; survfit of R's survival gives the Kaplan-Meier share,
# once from single rows and once from counts as weights, and the smallest x with F(x) >= 0.9 F(m) is read off it.
suppressPackageStartupMessages({library(survival); library(jsonlite)})

i <- 1:700
days <- 1 + (i * 37) %% 211 + ((i * 13) %% 29)^2 %/% 2
last <- 20 + (i * 101) %% 430
ended <- as.integer(days <= last)
days <- pmin(days, last)

fit <- survfit(Surv(days, ended) ~ 1)
counts <- aggregate(n ~ days + ended, data.frame(days, ended, n = 1), sum)
weighted <- survfit(Surv(days, ended) ~ 1, weights = n, data = counts)
stopifnot(isTRUE(all.equal(weighted$surv, fit$surv)))

m <- min(365, max(fit$time[fit$n.risk >= 30]))
followed <- 1 - fit$surv
end <- followed[max(which(fit$time <= m))]
shares <- c(0.5, 0.75, 0.8, 0.9, 0.95)
within <- sapply(shares, function(share) min(fit$time[followed >= share * end * (1 - 1e-12)]))
gaps <- days[ended == 1]
observed <- sapply(shares, function(share) unname(quantile(gaps, share, type = 1)))
at <- c(30, 60, 120, 180, 300)

out <- list(
  source = list(
    program = R.version.string,
    packages = list(survival = as.character(packageVersion("survival"))),
    call = "survfit(Surv(days, ended) ~ 1, weights = n); quantile(gaps, type = 1)"
  ),
  counts = list(days = counts$days, ended = counts$ended, n = counts$n),
  m = m,
  end = end,
  at = at,
  surv = summary(fit, times = at)$surv,
  at_risk = summary(fit, times = at)$n.risk,
  shares = shares,
  within = within,
  observed = observed
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), "\n", file = "survival_gaps.json")
