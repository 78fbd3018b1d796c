# Reference numbers for how long customers stay: Rscript staying.R TELCO.csv, in this folder, writes staying.json.
# TELCO.csv holds the columns tenure_in_months, churn_value, married, number_of_referrals of
# telco_extended_referrals.parquet (pandas: read_parquet(...)[columns].to_csv(...)); it is read and not stored. `lung`
# comes with R's survival; the columns used are stored. survfit gives Kaplan-Meier and restricted means, coxph Cox's
# model (ties by Efron), cox.zph its test of proportional hazards, survdiff the log-rank test. With late entry survdiff
# refuses; there the log-rank chi square is the score test of coxph with exact ties.
suppressPackageStartupMessages({library(survival); library(jsonlite)})

tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 50)

model <- function(form, data, cluster = NULL) {
  environment(form) <- environment()
  data$who <- if (is.null(cluster)) seq_len(nrow(data)) else cluster
  fit <- coxph(form, data, ties = "efron", control = tight)
  robust <- coxph(form, data, ties = "efron", control = tight, cluster = who)
  zph <- cox.zph(fit)$table
  list(
    coef = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)))), loglik = fit$loglik,
    robust_se = unname(sqrt(diag(vcov(robust)))),
    zph_chisq = unname(zph[, "chisq"]), zph_p = unname(zph[, "p"])
  )
}

curve <- function(form, data, at, until) {
  fit <- survfit(form, data, conf.type = "log-log")
  s <- summary(fit, times = at, extend = TRUE)
  m <- summary(fit, rmean = until)$table
  list(at = at, surv = s$surv, se = s$std.err, lower = s$lower, upper = s$upper, until = until,
       rmean = unname(m["rmean"]), rmean_se = unname(m["se(rmean)"]))
}

d <- subset(lung, !is.na(ph.ecog))
i <- seq_len(nrow(d))
dead <- as.integer(d$status == 2)
# Every third comes into sight late, by up to 200 days and before the last day seen.
start <- ifelse(i %% 3 == 0, pmin((i * 37) %% 201, d$time - 1), 0)
d <- data.frame(time = d$time, dead = dead, woman = as.integer(d$sex == 2), age = d$age, ecog = d$ph.ecog,
                start = start, cluster = i %/% 4)

late <- coxph(Surv(start, time, dead) ~ woman, d, ties = "exact", control = tight)
until <- 500
lung_out <- list(
  data = as.list(d),
  crude = model(Surv(time, dead) ~ woman, d),
  adjusted = model(Surv(time, dead) ~ woman + age + ecog, d, d$cluster),
  late_crude = model(Surv(start, time, dead) ~ woman, d),
  late_adjusted = model(Surv(start, time, dead) ~ woman + age + ecog, d, d$cluster),
  log_rank = survdiff(Surv(time, dead) ~ woman, d)$chisq,
  late_log_rank = late$score,
  men = curve(Surv(time, dead) ~ 1, subset(d, woman == 0), c(50, 150, 300, 500), until),
  women = curve(Surv(time, dead) ~ 1, subset(d, woman == 1), c(50, 150, 300, 500), until),
  late_men = curve(Surv(start, time, dead) ~ 1, subset(d, woman == 0), c(50, 150, 300, 500), until),
  late_women = curve(Surv(start, time, dead) ~ 1, subset(d, woman == 1), c(50, 150, 300, 500), until)
)

# A column that changes with time: from day `switch` on, where that comes before the end.
switch <- 20 + (i * 53) %% 400
moves <- switch < d$time
before <- data.frame(start = 0, stop = ifelse(moves, switch, d$time), dead = ifelse(moves, 0, d$dead), after = 0)
after <- data.frame(start = switch, stop = d$time, dead = d$dead, after = 1)[moves, ]
rows <- rbind(before, after)
lung_out$switch <- switch
lung_out$moving <- model(Surv(start, stop, dead) ~ after, rows, c(i, i[moves]) %/% 4)

t <- read.csv(commandArgs(trailingOnly = TRUE)[1])
t$refers <- as.integer(t$number_of_referrals > 0)
t$wed <- as.integer(t$married %in% c(1, "1", "Yes", "True", TRUE))
t$start <- t$tenure_in_months %/% 3
n <- seq_len(nrow(t))
telco_out <- list(
  n = nrow(t),
  crude = model(Surv(tenure_in_months, churn_value) ~ refers, t),
  adjusted = model(Surv(tenure_in_months, churn_value) ~ refers + wed, t, n %/% 4),
  late_adjusted = model(Surv(start, tenure_in_months, churn_value) ~ refers + wed, t, n %/% 4),
  log_rank = survdiff(Surv(tenure_in_months, churn_value) ~ refers, t)$chisq,
  refers = curve(Surv(tenure_in_months, churn_value) ~ 1, subset(t, refers == 1), c(1, 12, 36, 60), 60),
  others = curve(Surv(tenure_in_months, churn_value) ~ 1, subset(t, refers == 0), c(1, 12, 36, 60), 60),
  late_refers = curve(Surv(start, tenure_in_months, churn_value) ~ 1, subset(t, refers == 1), c(1, 12, 36, 60), 60)
)

out <- list(
  source = list(
    program = R.version.string,
    packages = list(survival = as.character(packageVersion("survival"))),
    call = "coxph, cox.zph, survfit (log-log), summary(rmean), survdiff",
    data = "lung of R's survival (Loprinzi et al. 1994); telco_extended_referrals.parquet, results only"
  ),
  lung = lung_out,
  telco = telco_out
)
cat(toJSON(out, digits = 16, auto_unbox = TRUE, pretty = FALSE), "\n", file = "staying.json")
