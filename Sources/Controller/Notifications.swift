import Base
import CostSources
import HTTPClient
import Reconcilers
import Store

/// The configured webhooks as the program runs them.
struct Notifications {
    private let configuration: NotificationsConfiguration
    private let sender: NotificationSender
    private let interval: Duration
    /// Shared with nobody, so that slow receivers hold up nothing else. Nil: there are none.
    private let http: HTTPClient?

    /// - Parameter interval: between two decisions: sums do not change more often.
    init(_ configuration: NotificationsConfiguration, sender: NotificationSender, interval: Duration) {
        self.configuration = configuration
        self.sender = sender
        self.interval = interval
        http = configuration.targets.isEmpty ? nil : HTTPClient(name: "notifications")
    }

    /// What the leader of the catalog does about it.
    func loops(_ store: Store, _ metrics: MetricsRegistry) -> [any CostLoop] {
        guard let http else { return [NotificationSweep(store.notifications, logger: Logger("notifications"))] }
        return configuration.targets.map { target in
            let client = WebhookClient(target.webhook, http: http, version: programVersion)
            return NotificationLoop(
                target, store: store, sender: sender, baseURL: configuration.baseURL, interval: interval,
                metrics: metrics, logger: Logger("notifications"), send: client.send)
        }
    }

    func shutdown() { http?.shutdown() }
}
