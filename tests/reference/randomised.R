# Numbers of R for tests/test_randomised.py and tests/test_holdout_plan.py; writes randomised.json beside it.
# Run in this folder: Rscript randomised.R
# Data: birthwt of MASS, 189 births, written into the file with the numbers; smoking stands for a treatment.
library(sandwich)
library(MASS)

data <- birthwt[, c("bwt", "low", "smoke", "age", "lwt", "ht", "ftv")]
data$ftv <- pmin(data$ftv, 2) # visits: 0, 1, 2 or more, the cells of the joint test
centred <- data
for (name in c("age", "lwt", "ht")) centred[[name]] <- data[[name]] - mean(data[[name]])
lin <- function(outcome) {
  fit <- lm(reformulate("smoke * (age + lwt + ht)", outcome), data = centred)
  list(
    estimate = unname(coef(fit)["smoke"]),
    hc2 = sqrt(vcovHC(fit, "HC2")["smoke", "smoke"]),
    slopes = unname(coef(fit)[c("smoke:age", "smoke:lwt", "smoke:ht")])
  )
}

# Treated x dummies of the cells against treated alone: Wald F with HC2.
wald <- function(outcome) {
  fit <- lm(reformulate("smoke * factor(ftv)", outcome), data = data)
  rows <- grep(":", names(coef(fit)))
  b <- coef(fit)[rows]
  f <- drop(t(b) %*% solve(vcovHC(fit, "HC2")[rows, rows], b)) / length(rows)
  list(f = f, df1 = length(rows), df2 = fit$df.residual,
       p = pf(f, length(rows), fit$df.residual, lower.tail = FALSE))
}

# The same joint test where one group is constant is Welch's analysis of variance: it checks the law of the p.
welch <- oneway.test(bwt ~ factor(ftv), data = data)

shares <- expand.grid(base = c(0.005726, 0.05, 0.106167, 0.3), difference = c(0.0025, 0.005, 0.02))
needed <- mapply(function(base, difference) {
  power.prop.test(p1 = base, p2 = base + difference, power = 0.8, sig.level = 0.05,
                  strict = TRUE, tol = 1e-12)$n
}, shares$base, shares$difference)
power <- mapply(function(base, difference) {
  power.prop.test(n = 5000, p1 = base, p2 = base + difference, sig.level = 0.05, strict = TRUE)$power
}, shares$base, shares$difference)
ratio <- chisq.test(c(21306, 21307, 21387), p = c(1, 1, 1) / 3)
uneven <- chisq.test(c(480, 1020, 1500), p = c(0.15, 0.35, 0.5))

version <- function(name) as.character(packageVersion(name))
out <- list(
  source = list(
    program = R.version.string,
    packages = list(MASS = version("MASS"), sandwich = version("sandwich")),
    call = "Rscript randomised.R",
    data = "MASS::birthwt, columns bwt, low, smoke, age, lwt, ht, ftv (visits, 2 or more as 2)"
  ),
  data = as.list(data),
  lin = list(bwt = lin("bwt"), low = lin("low")),
  heterogeneity = list(bwt = wald("bwt"), low = wald("low")),
  welch = list(f = unname(welch$statistic), df1 = unname(welch$parameter[1]),
               df2 = unname(welch$parameter[2]), p = welch$p.value),
  shares = list(base = shares$base, difference = shares$difference, needed = needed, power_5000 = power),
  sample_ratio = list(hillstrom = ratio$p.value, uneven = uneven$p.value),
  anova = list(
    p = summary(aov(lwt ~ factor(ftv), data))[[1]][["Pr(>F)"]][1]
  )
)
jsonlite::write_json(out, "randomised.json", auto_unbox = TRUE, digits = NA, pretty = FALSE)
