// What follows when a step went well.
extension ReflectorMachine {
    /// Begins to replace what is known: as a stream where the server can, else as a list.
    mutating func begin(
        _ request: ListRequest, using generator: inout some RandomNumberGenerator
    ) -> Action {
        guard canStream else { return list(request) }
        // A stream without a version is of the newest; there is no cheaper kind to ask for.
        return stream(notOlderThan: request == .any ? nil : request.resourceVersion, using: &generator)
    }

    mutating func list(_ request: ListRequest) -> Action {
        state = .listing(request)
        if request.continueToken == nil { pages = 0 }
        return .list(request)
    }

    mutating func stream(
        notOlderThan version: ResourceVersion?, using generator: inout some RandomNumberGenerator
    ) -> Action {
        state = .streaming(notOlderThan: version)
        return .stream(notOlderThan: version, timeoutSeconds: watchTimeout(using: &generator))
    }

    mutating func watch(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        guard let lastSeen else { return begin(notOlder, using: &generator) }
        state = .watching
        (watchBegan, watchHadEvent) = (now, false)
        return .watch(from: lastSeen, timeoutSeconds: watchTimeout(using: &generator))
    }

    mutating func resume(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        guard case .waiting(let step) = state else {
            guard case .renewingToken(let step) = state else { return watch(at: now, using: &generator) }
            return perform(step, at: now, using: &generator)
        }
        return perform(step, at: now, using: &generator)
    }

    private mutating func perform(
        _ step: Step, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch step {
        case .list(let request): return list(request)
        case .stream(let version): return stream(notOlderThan: version, using: &generator)
        case .watch: return watch(at: now, using: &generator)
        case .probe:
            state = .probing
            return .probe
        }
    }

    private func watchTimeout(using generator: inout some RandomNumberGenerator) -> Int {
        Int.random(in: Self.watchTimeoutSeconds, using: &generator)
    }

    /// For at least what was seen before; before the first list for anything.
    var notOlder: ListRequest {
        guard let version = ResourceVersion.later(lastSeen, floor) else { return .any }
        return ListRequest(resourceVersion: version)
    }

    mutating func relist(
        _ reason: RelistReason, using generator: inout some RandomNumberGenerator
    ) -> Action {
        count(reason)
        return begin(notOlder, using: &generator)
    }

    mutating func count(_ reason: RelistReason) { relists[reason, default: 0] += 1 }
    mutating func count(_ reason: WatchRestartReason) { watchRestarts[reason, default: 0] += 1 }

    /// Goes on from what an earlier run of the same informer counted.
    mutating func resumeCounts(of status: InformerStatus) {
        (relists, watchRestarts, restores) = (status.relists, status.watchRestarts, status.restores)
    }
}

extension ReflectorMachine {
    mutating func listed(
        _ metadata: ListMetadata, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        tokenIsFresh = false
        guard case .listing(let request) = state else { return watch(at: now, using: &generator) }
        if !metadata.continueToken.isEmpty {
            pages += 1
            guard pages < Self.maximumPages, metadata.continueToken != request.continueToken else {
                return wait(then: .list(.newestUnpaged), at: now, using: &generator)
            }
            return list(ListRequest(limit: request.limit, continueToken: metadata.continueToken))
        }
        guard !metadata.resourceVersion.text.isEmpty else {
            return wait(then: .list(.newest), at: now, using: &generator)
        }
        complete(metadata.resourceVersion)
        return watch(at: now, using: &generator)
    }

    /// Lists that follow must not be older than what has been applied, or objects would go back in time.
    mutating func listedInPart(_ version: ResourceVersion) -> Action {
        floor = ResourceVersion.later(floor, version)
        switch state {
        case .listing(let request) where request.resourceVersion != nil: state = .listing(notOlder)
        case .streaming(.some): state = .streaming(notOlderThan: notOlder.resourceVersion)
        // The newest is not older than anything.
        default: break
        }
        return .read
    }

    mutating func streamed(_ version: ResourceVersion, at now: Duration) -> Action {
        guard case .streaming = state else { return read(version) }
        complete(version)
        state = .watching
        (watchBegan, watchHadEvent, tokenIsFresh) = (now, true, false)
        return .read
    }

    private mutating func complete(_ version: ResourceVersion) {
        if let seen = lastSeen, version.precedes(seen) { restores += 1 }
        (lastSeen, floor) = (version, nil)
        (watchFaults, streamFaults, pagesExpired) = (0, 0, 0)
    }

    /// This list is asked for in the other way; whether the next one can be streamed is the client's to know.
    mutating func cannotStream(using generator: inout some RandomNumberGenerator) -> Action {
        guard case .streaming(let version) = state else { return list(notOlder) }
        // A stream without a version that was asked for because a version had failed stays one without.
        return list(version == nil && notOlder != .any ? .newest : notOlder)
    }

    /// While a list is streamed its objects come in the order of their keys, so their versions say nothing.
    mutating func read(_ version: ResourceVersion) -> Action {
        if state == .watching, !version.text.isEmpty { lastSeen = version }
        (watchHadEvent, tokenIsFresh) = (true, false)
        if state == .watching { watchFaults = 0 }
        return .read
    }

    mutating func probed(
        _ version: ResourceVersion, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        tokenIsFresh = false
        guard let seen = lastSeen, version.precedes(seen) else { return watch(at: now, using: &generator) }
        count(.restored)
        // The server would have to refuse a version that it has not reached.
        return begin(.newest, using: &generator)
    }

    mutating func ended(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        guard state == .watching else { return streamBroke(at: now, using: &generator) }
        if watchHadEvent || now - watchBegan >= Self.shortWatch {
            count(.ended)
            return watch(at: now, using: &generator)
        }
        return wait(then: afterWatchFault(.short), at: now, using: &generator)
    }

    mutating func silent(using generator: inout some RandomNumberGenerator) -> Action {
        if case .streaming = state { return cannotStream(using: &generator) }
        return relist(.silent, using: &generator)
    }

    /// A stream that ended before its end may have met its time limit: a list in pages has none.
    mutating func streamBroke(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        wait(then: afterStreamFault(), at: now, using: &generator)
    }
}
