internal import Base

/// What is counted of notifications to one target.
struct NotificationMetrics: Sendable {
    private let attempts: Counter
    private let waiting: Gauge
    private let target: String

    init(_ registry: MetricsRegistry, target: String) {
        self.target = target
        attempts = registry.counter(
            "callboard_notification_attempts_total", help: "Attempts to deliver a notification, by result.",
            labels: ["target", "result"])
        waiting = registry.gauge(
            "callboard_notifications_waiting", help: "Notifications that are not delivered yet.", labels: ["target"])
        for result in ["delivered", "again", "given-up"] { attempts.increment(by: 0, [target, result]) }
    }

    func attempted(_ result: String) { attempts.increment([target, result]) }
    func waiting(_ count: Int64) { waiting.set(Double(count), [target]) }
    /// A replica that does not lead any more tells nothing of these.
    func hide() { waiting.remove([target]) }
}
