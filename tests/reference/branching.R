# Reference numbers for cascades: Rscript branching.R, in this folder, writes branching.json.
# Delays seen only if over in time, built here: survfit of R's survival on reversed time with late entry gives the
# share of delays over by each day. Counts with known means: theta.ml of MASS gives k, and the log likelihood of
# dnbinom the bounds of its likelihood-ratio interval.
suppressPackageStartupMessages({library(survival); library(MASS); library(jsonlite)})

i <- 1:500
delay <- 1 + (i * 37) %% 83 + ((i * 13) %% 17)^2 %/% 3
limit <- 5 + (i * 101) %% 260
kept <- delay <= limit
delay <- delay[kept]
limit <- limit[kept]
last <- sort(limit, decreasing = TRUE)[10]
end <- pmin(limit, last)
seen <- delay <= last
top <- last + 1
fit <- survfit(Surv(top - end[seen] - 1, top - delay[seen], rep(1, sum(seen))) ~ 1)
at <- c(5, 10, 20, 40, 60, 80, 120, 160)
share <- sapply(at, function(t) summary(fit, times = top - t - 1, extend = TRUE)$surv)

j <- 1:400
counts <- ifelse((j * 7) %% 10 < 6, 0, (j * 31) %% 9 %/% 2) + ifelse(j %% 97 == 0, 9, 0)
expected <- 0.2 + ((j * 17) %% 23) / 25
k <- theta.ml(counts, expected, limit = 200, eps = 1e-12)
likelihood <- function(k) sum(dnbinom(counts, size = k, mu = expected, log = TRUE))
drop <- likelihood(k) - qchisq(0.95, 1) / 2
low <- uniroot(function(x) likelihood(x) - drop, c(1e-3, k), tol = 1e-12)$root
high <- uniroot(function(x) likelihood(x) - drop, c(k, 1e3), tol = 1e-12)$root

out <- list(
  source = list(
    program = R.version.string,
    packages = list(
      survival = as.character(packageVersion("survival")),
      MASS = as.character(packageVersion("MASS"))
    ),
    call = "survfit(Surv(entry, time, event) ~ 1) on reversed time; theta.ml(counts, expected)"
  ),
  delay = delay,
  limit = limit,
  last = last,
  at = at,
  share = share,
  counts = counts,
  expected = expected,
  k = as.numeric(k),
  ci_low = low,
  ci_high = high
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = FALSE), "\n", file = "branching.json")
