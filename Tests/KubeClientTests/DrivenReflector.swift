import TestSupport

@testable import KubeClient

/// A machine with a clock that the test sets.
struct DrivenReflector {
    var machine: ReflectorMachine
    var generator = SeededRandom(seed: 1)
    var now: Duration = .zero

    init(canStream: Bool = false, notOlderThan: ResourceVersion? = nil) {
        machine = ReflectorMachine(canStream: canStream, notOlderThan: notOlderThan)
    }

    mutating func send(_ event: ReflectorMachine.Event) -> ReflectorMachine.Action {
        machine.handle(event, at: now, using: &generator)
    }

    mutating func fail(_ kind: ReflectorFailure.Kind, retryAfter: Duration? = nil) -> ReflectorMachine.Action {
        send(.failed(ReflectorFailure(kind, retryAfter: retryAfter)))
    }

    /// Past its first list, watching from this version.
    static func watching(from version: ResourceVersion = "100") -> DrivenReflector {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        _ = driven.send(.listed(ListMetadata(resourceVersion: version)))
        return driven
    }
}

// What an action asks for, if it asks for that; a watch only with the time-out that it should have.
extension ReflectorMachine.Action {
    var wait: Duration? {
        if case .wait(let duration) = self { duration } else { nil }
    }

    var watchVersion: ResourceVersion? {
        if case .watch(let version, let seconds) = self, (240...480).contains(seconds) { version } else { nil }
    }

    /// Of a streamed list: the version it may not be older than, if any.
    var streamVersion: ResourceVersion?? {
        if case .stream(let version, let seconds) = self, (240...480).contains(seconds) { .some(version) } else { nil }
    }
}
