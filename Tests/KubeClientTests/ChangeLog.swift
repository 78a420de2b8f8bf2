import Synchronization
import TestSupport

@testable import KubeClient

/// What an informer of namespaces reported, such as `list +a`, `watch ~a` and `watch -a`.
final class ChangeLog: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }

    @Sendable func add(_ change: CacheChange<Namespace>) {
        let sign = change.old == nil ? "+" : change.new == nil ? "-" : "~"
        let phase = change.new.map { $0.phase == "Active" ? "" : " \($0.phase)" } ?? ""
        texts.withLock { $0.append("\(change.cause) \(sign)\(change.key)\(phase)") }
    }

    func reach(_ expected: [String]) async -> Bool { await eventually { self.all == expected } }
}
