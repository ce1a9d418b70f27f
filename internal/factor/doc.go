package factor
