# Numbers of R for tests/test_recurrent.py; writes recurrent.json beside it.
# Run in this folder: Rscript recurrent.R
# Twelve units, one letter a time: 1 an event, 0 none, - no longer under observation.

library(survival)
library(jsonlite)

followed <- c(
  "100110", "010---", "11101-", "000010", "1-----", "001101",
  "0110--", "100000", "010101", "1011--", "000---", "111111"
)
rows <- do.call(rbind, lapply(seq_along(followed), function(i) {
  marks <- strsplit(gsub("-", "", followed[i]), "")[[1]]
  data.frame(
    id = i, start = seq_along(marks) - 1, stop = seq_along(marks), event = as.integer(marks)
  )
}))
fit <- survfit(
  Surv(start, stop, event) ~ 1, data = rows, id = id, cluster = id, robust = TRUE, timefix = TRUE
)
at <- summary(fit, times = 1:6)

write_json(
  list(
    source = list(
      program = R.version.string,
      packages = list(survival = as.character(packageVersion("survival"))),
      call = "survfit(Surv(start, stop, event) ~ 1, id = id, cluster = id, robust = TRUE)"
    ),
    followed = followed,
    mean = at$cumhaz,
    se = at$std.chaz
  ),
  "recurrent.json",
  auto_unbox = TRUE, digits = 12, pretty = TRUE
)
