# Reference numbers for retorno.stats.power. Writes power.json beside this file: Rscript tests/reference/power.R
suppressPackageStartupMessages(library(jsonlite))

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
d <- c(0.10, 0.15, 0.20, 0.30)
target <- c(0.8, 0.9)
n_of <- function(type) sapply(target, function(power) sapply(d, function(delta) {
  power.t.test(delta = delta, sd = 1, sig.level = 0.05, power = power, type = type,
               strict = TRUE, tol = 1e-12)$n
}))
power_of <- function(type, n, delta, sig.level) {
  power.t.test(n = n, delta = delta, sd = 1, sig.level = sig.level, type = type, strict = TRUE)$power
}

# Two one-sided tests of two means, n in each group, one variance: both t statistics must lie beyond their bound, and
# they share one pooled SD. Given that SD the mean difference is normal, so integrate over its chi law.
tost <- function(n, bound, true = 0, alpha = 0.05) {
  df <- 2 * n - 2
  root <- sqrt(2 / n)
  t <- qt(1 - alpha, df)
  inside <- function(s) {
    room <- bound - t * s * root
    share <- pnorm((room - true) / root) - pnorm((-room - true) / root)
    density <- 2 * df * s * dchisq(df * s^2, df)
    ifelse(room > 0, share * density, 0)
  }
  ends <- sqrt(qchisq(c(1e-14, 1 - 1e-14), df) / df)
  integrate(inside, ends[1], min(ends[2], bound / (t * root)), rel.tol = 1e-11,
            subdivisions = 2000)$value
}
tost_n <- function(bound, power) {
  n <- 2
  step <- 4096
  while (step >= 1) {
    while (tost_or_0(n + step, bound) < power) n <- n + step
    step <- step / 2
  }
  n + 1
}
tost_or_0 <- function(n, bound) {
  df <- 2 * n - 2
  if (bound / (qt(0.95, df) * sqrt(2 / n)) <= sqrt(qchisq(1e-14, df) / df)) 0 else tost(n, bound)
}
cases <- data.frame(n = c(10, 30, 30, 200, 430, 1714, 600), bound = c(1, 1, 0.8, 0.3, 0.2, 0.1, 0.2),
                    true = c(0, 0, 0.2, 0, 0, 0, 0.05), alpha = c(0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1))
t_cases <- data.frame(n = c(5, 30, 300, 1571), delta = c(1.5, 0.5, 0.2, 0.1),
                      alpha = c(0.05, 0.1, 0.05, 0.05))

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = list(stats = as.character(packageVersion("stats")),
                      jsonlite = as.character(packageVersion("jsonlite"))),
      call = "power.t.test(sd = 1, sig.level = 0.05, strict = TRUE); two one-sided tests by integrate() over the SD",
      script = "power.R"
    ),
    d = d,
    target = target,
    difference = n_of("two.sample"),
    pairs = n_of("paired"),
    equivalence = sapply(target, function(power) sapply(d, tost_n, power = power)),
    t_power = cbind(t_cases,
                    difference = mapply(power_of, "two.sample", t_cases$n, t_cases$delta, t_cases$alpha),
                    pairs = mapply(power_of, "paired", t_cases$n, t_cases$delta, t_cases$alpha)),
    tost_power = cbind(cases, power = mapply(tost, cases$n, cases$bound, cases$true, cases$alpha))
  ),
  file.path(here, "power.json"), auto_unbox = TRUE, digits = 14, pretty = TRUE
)
