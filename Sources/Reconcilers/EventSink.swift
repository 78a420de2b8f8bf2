package import KubeClient

/// Takes reports for the users of a cluster. Never fails and never waits.
package protocol EventSink: Sendable {
    func record(_ report: EventReport)
}

extension EventRecorder: EventSink {}
