# Effect sizes of 7-point answers, computed in R, against which tests/test_effect_sizes.py and tests/test_bootstrap.py
# hold the library. Run in this folder: Rscript effect_sizes.R
# metafor: SMCC is the mean change over the SD of the changes, with the exact small-sample correction (gamma function).
# boot: two strata of equal size, for which its acceleration is that of the jackknife over both samples.

suppressPackageStartupMessages({
  library(boot)
  library(jsonlite)
  library(metafor)
})

first <- rep(1:7, c(1, 2, 3, 5, 9, 12, 8)) # 40 answers
second <- rep(1:7, c(2, 4, 6, 9, 10, 6, 3)) # 40 answers
before <- c(4, 5, 3, 4, 6, 2, 5, 4, 3, 5, 4, 6, 3, 2, 5, 4, 4, 3, 6, 5, 4, 5, 3, 4, 2, 5, 6, 4, 3, 5)
after <- c(5, 6, 3, 5, 7, 4, 5, 6, 3, 4, 6, 7, 5, 2, 6, 5, 4, 5, 7, 6, 3, 7, 4, 6, 4, 5, 7, 6, 2, 6)

# Brunner and Munzel (2000) with R's ranks; their statistic is signed for second above first.
n <- length(first); m <- length(second)
overall <- rank(c(first, second))
ours <- (overall[1:n] - rank(first)) / m
theirs <- (overall[n + 1:m] - rank(second)) / n
parts <- c(var(ours) / n, var(theirs) / m)
theta <- unname(wilcox.test(first, second, exact = FALSE)$statistic) / (n * m)
se <- sqrt(sum(parts))
df <- sum(parts)^2 / sum(parts^2 / c(n - 1, m - 1))
half <- qt(0.975, df) * se / (theta * (1 - theta))

# Newcombe (1998), method 10: Wilson's intervals of prop.test, squared and added.
newcombe <- function(x1, n1, x2, n2) {
  one <- prop.test(x1, n1, correct = FALSE); two <- prop.test(x2, n2, correct = FALSE)
  p1 <- x1 / n1; p2 <- x2 / n2
  d <- p1 - p2
  c(d, d - sqrt((p1 - one$conf.int[1])^2 + (two$conf.int[2] - p2)^2),
    d + sqrt((one$conf.int[2] - p1)^2 + (p2 - two$conf.int[1])^2))
}

# Pairs: noncentralities with R's pt.
pairs <- length(before)
change <- after - before
t <- mean(change) / sd(change) * sqrt(pairs)
ncp <- function(share) {
  uniroot(function(x) pt(t, pairs - 1, x) - share, c(t - 4, t + 4), tol = 1e-13)$root
}
bounds <- c(ncp(0.975), ncp(0.025)) / sqrt(pairs)
average <- sqrt((var(before) + var(after)) / 2)
smcc <- escalc("SMCC", m1i = mean(after), m2i = mean(before), sd1i = sd(after), sd2i = sd(before),
               ri = cor(before, after), ni = pairs)

# Bootstrap of the difference of means.
set.seed(20240503)
draws <- 200000
answers <- data.frame(y = c(first, second), g = rep(1:2, c(n, m)))
difference <- function(d, w) {
  weighted.mean(d$y[d$g == 1], w[d$g == 1]) - weighted.mean(d$y[d$g == 2], w[d$g == 2])
}
got <- boot(answers, difference, R = draws, strata = answers$g, stype = "w")
L <- empinf(got, type = "jack")
bca <- boot.ci(got, type = c("perc", "bca"), L = L)

write_json(list(
  source = list(
    program = R.version.string,
    packages = list(boot = as.character(packageVersion("boot")), metafor = as.character(packageVersion("metafor"))),
    call = "Rscript effect_sizes.R"
  ),
  data = list(first = first, second = second, before = before, after = after),
  superiority = list(value = theta, se = se, df = df, statistic = (0.5 - theta) / se,
                     ci_low = plogis(qlogis(theta) - half), ci_high = plogis(qlogis(theta) + half)),
  top_box = newcombe(sum(first == 7), n, sum(second == 7), m),
  bottom_box = newcombe(sum(first == 1), n, sum(second == 1), m),
  pairs = list(change = mean(change), d_z_uncorrected = t / sqrt(pairs), d_z_bounds = bounds,
               smcc = as.numeric(smcc$yi), average_sd = average,
               d_av_uncorrected = mean(change) / average, d_av_bounds = bounds * sd(change) / average),
  bootstrap = list(draws = draws, value = got$t0, acceleration = sum(L^3) / (6 * sum(L^2)^1.5),
                   percentile = bca$percent[4:5], bca = bca$bca[4:5])
), "effect_sizes.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
