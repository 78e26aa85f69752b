// MetricsServer
