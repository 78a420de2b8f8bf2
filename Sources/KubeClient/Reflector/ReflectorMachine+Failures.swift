internal import Base

// What follows when a step failed.
extension ReflectorMachine {
    private var step: Step {
        switch state {
        case .listing(let request): .list(request)
        case .streaming(let version): .stream(notOlderThan: version)
        case .probing: .probe
        case .waiting(let step), .renewingToken(let step): step
        case .idle, .watching: .watch
        }
    }

    mutating func failed(
        _ failure: ReflectorFailure, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch failure.kind {
        case .expired: expired(at: now, using: &generator)
        case .versionTooLarge: versionTooLarge(failure, at: now, using: &generator)
        case .cannotStream: cannotStream(using: &generator)
        case .unauthorized: unauthorized(at: now, using: &generator)
        case .notServed: notServed(using: &generator)
        case .overloaded, .forbidden, .unreachable:
            wait(atLeast: failure.retryAfter, then: again(after: failure), at: now, using: &generator)
        case .faulty, .malformedEvent, .other:
            wait(atLeast: failure.retryAfter, then: afterFault(failure), at: now, using: &generator)
        }
    }

    /// Waits before a step, each time longer, at least as long as the server asks.
    mutating func wait(
        atLeast minimum: Duration? = nil, then step: Step, at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Action {
        if let lastFailure, now - lastFailure > Self.waitsBeginAnewAfter { backoff.reset() }
        lastFailure = now
        state = .waiting(then: step)
        let asked = min(minimum ?? .zero, Self.maximumAskedWait)
        return .wait(max(backoff.next(using: &generator), asked))
    }

    private mutating func unauthorized(
        at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        let step = step
        if step == .watch { count(.unauthorized) }
        tokenIsFresh.toggle()
        guard tokenIsFresh else { return wait(then: step, at: now, using: &generator) }
        state = .renewingToken(then: step)
        return .renewToken
    }

    private mutating func notServed(using generator: inout some RandomNumberGenerator) -> Action {
        if lastSeen != nil { count(.notServed) }
        state = .waiting(then: canStream ? .stream(notOlderThan: streamVersion) : .list(notOlder))
        return .wait(Self.notServedWait * Double.random(in: 1...1.5, using: &generator))
    }

    private var streamVersion: ResourceVersion? { ResourceVersion.later(lastSeen, floor) }

    /// The same step; but a server that was away may have been set back meanwhile, and would be silent for ever, or until
    /// it has overtaken us, about a version that it has not reached.
    private mutating func again(after failure: ReflectorFailure) -> Step {
        guard step == .watch else { return step }
        switch failure.kind {
        case .unreachable:
            count(.unreachable)
            return .probe
        case .forbidden: count(.forbidden)
        default: count(.overloaded)
        }
        return .watch
    }

    private mutating func expired(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        switch state {
        case .listing(let request): return listExpired(request, at: now, using: &generator)
        case .streaming(.some): return stream(notOlderThan: nil, using: &generator)
        case .streaming(.none): return streamBroke(at: now, using: &generator)
        default: return relist(.expired, using: &generator)
        }
    }

    private mutating func listExpired(
        _ request: ListRequest, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        if request.continueToken != nil {
            pagesExpired += 1
            return list(pagesExpired > 1 ? .newestUnpaged : .newest)
        }
        if request.resourceVersion != nil { return list(.newest) }
        // The newest cannot have expired. A server that says so all the same must not be asked without end.
        return wait(then: .list(.newestUnpaged), at: now, using: &generator)
    }

    private mutating func versionTooLarge(
        _ failure: ReflectorFailure, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch state {
        case .listing(let request) where request.resourceVersion == nil:
            return wait(atLeast: failure.retryAfter, then: .list(.newestUnpaged), at: now, using: &generator)
        case .listing: return list(.newest)
        case .streaming(.none): return streamBroke(at: now, using: &generator)
        case .streaming(.some): return stream(notOlderThan: nil, using: &generator)
        default:
            count(.restored)
            return begin(.newest, using: &generator)
        }
    }

    /// A list is tried again as it was, or from its first page; a watch a few times, when the server may recover.
    private mutating func afterFault(_ failure: ReflectorFailure) -> Step {
        switch step {
        case .list(let request): return .list(request.continueToken == nil ? request : .newest)
        case .stream: return afterStreamFault()
        case .watch, .probe:
            switch failure.kind {
            case .faulty: return afterWatchFault(.faulty)
            case .malformedEvent: return relistStep(.undecodable)
            default: return relistStep(.watchFailed)
            }
        }
    }

    mutating func afterWatchFault(_ reason: WatchRestartReason) -> Step {
        watchFaults += 1
        guard watchFaults > Self.maximumWatchFaults else {
            count(reason)
            return .watch
        }
        watchFaults = 0
        return relistStep(.watchFailed)
    }

    mutating func afterStreamFault() -> Step {
        streamFaults += 1
        if streamFaults < Self.maximumStreamFaults, case .stream = step { return step }
        streamFaults = 0
        // Not older than what came of the stream.
        return .list(notOlder)
    }

    private mutating func relistStep(_ reason: RelistReason) -> Step {
        count(reason)
        return canStream ? .stream(notOlderThan: streamVersion) : .list(notOlder)
    }
}
