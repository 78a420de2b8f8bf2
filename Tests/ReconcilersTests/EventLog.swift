import KubeClient
import Reconcilers
import Synchronization

/// Keeps what users of a cluster would be told.
final class EventLog: EventSink {
    private let log = Mutex<[EventReport]>([])

    var reports: [EventReport] { log.withLock { $0 } }

    func record(_ report: EventReport) { log.withLock { $0.append(report) } }
}
