# Reference numbers for the gap in margin: Rscript referral_gap.R, in this folder, writes referral_gap.json.
# A small panel is built here: 48 units of 16 families, 5 to 9 times each. lm with an effect of each time, member times a
# natural spline of given knots (splines::ns spans the same curves), a covariate and three kinds; vcovCL of R's sandwich
# gives errors by unit and by family, without any correction. survfit of R's survival gives weighted Kaplan-Meier shares.
suppressPackageStartupMessages({library(sandwich); library(splines); library(survival); library(jsonlite)})

n <- 48
unit <- 1:n
member <- as.integer((unit * 7) %% 9 < 4)
x <- ((unit * 37) %% 23) / 7
kind <- (unit * 11) %% 4
family <- (unit - 1) %/% 3
times <- 5 + (unit * 13) %% 5
long <- do.call(rbind, lapply(unit, function(i) data.frame(unit = i, time = seq_len(times[i]))))
long <- within(long, {
  d <- member[unit]; z <- x[unit]; k <- kind[unit]; fam <- family[unit]
  y <- 5 + 0.3 * time + d * (2 - 0.2 * time) + z + ((unit * 29 + time * 17) %% 31) / 5 + ((unit * 53) %% 19) / 4
})
knots <- c(1, 3, 6, 9)
basis <- function(t) cbind(1, ns(t, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]))
long$b <- basis(long$time)
fit <- lm(y ~ 0 + factor(time) + d:b + z + factor(k), data = long)
at <- grep("d:b", names(coef(fit)))
design <- basis(1:9)
gap <- as.vector(design %*% coef(fit)[at])
errors <- function(cluster) {
  v <- vcovCL(fit, cluster = cluster, type = "HC0", cadjust = FALSE)[at, at]
  sqrt(diag(design %*% v %*% t(design)))
}

days <- 1 + (unit * 41) %% 37
ended <- as.integer((unit * 3) %% 4 > 0)
weight <- 0.2 + ((unit * 19) %% 17) / 10
entry <- ifelse(unit %% 6 == 0, pmin(days - 1, 4), 0)
seen <- survfit(Surv(days, ended) ~ 1, weights = weight)
late <- survfit(Surv(entry, days, ended) ~ 1, weights = weight)

out <- list(
  source = list(
    program = R.version.string,
    packages = lapply(setNames(nm = c("sandwich", "survival")), function(p) as.character(packageVersion(p))),
    call = "vcovCL(lm(y ~ 0 + factor(time) + d:b + z + factor(k)), type = 'HC0', cadjust = FALSE); survfit(weights =)"
  ),
  units = list(member = member, x = x, kind = kind, family = family, days = days, ended = ended,
               weight = weight, entry = entry),
  rows = list(unit = long$unit, time = long$time, y = long$y),
  knots = knots,
  gap = gap,
  by_unit = errors(long$unit),
  by_family = errors(long$fam),
  at = c(0, 5, 10, 20, 30),
  share = summary(seen, times = c(0, 5, 10, 20, 30), extend = TRUE)$surv,
  share_late = summary(late, times = c(0, 5, 10, 20, 30), extend = TRUE)$surv
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = FALSE), "\n", file = "referral_gap.json")
