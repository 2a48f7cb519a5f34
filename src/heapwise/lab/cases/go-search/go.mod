module logsearch

go 1.24
