internal import Base

/// Decides what a reflector does next. Pure: no I/O, no clock; an event goes in, one action comes out, and the caller
/// performs it and reports what came of it. The rules are those of client-go's and kube-rs' reflectors, together:
///
/// | event | next |
/// |---|---|
/// | first start | list at version 0, which any server answers from memory |
/// | list complete | watch from its version, also when that is lower than before (the cluster was restored) |
/// | object, bookmark | keep reading; the version is theirs |
/// | 410, as status or event | list not older than what was seen; if that fails so, list whatever there is |
/// | 410 on a later page of a list | begin the list again; the second time without pages |
/// | version too large | list whatever there is |
/// | 429, 503, no connection | keep the version, back off, go on with the same step |
/// | 500, undecodable | watch again after a wait, the fourth time list |
/// | other errors in a watch | list after a wait |
/// | body ended after an object or 1 s | watch on at once |
/// | body ended sooner | watch on after a wait |
/// | 401 | take a new token and try again at once; the second time back off |
/// | 403 | back off up to the greatest wait: the permission may yet come |
/// | 404, not served | ask again every minute or so: the resource may yet come |
/// | nothing, not even a bookmark, for long | list: the version may be one that the server has never reached |
struct ReflectorMachine {
    /// What is going on.
    enum State: Equatable {
        /// To `listing`, on `start`.
        case idle
        /// To `watching` when the last page is there; else to `waiting` or `renewingToken`, or to another list.
        case listing(ListRequest)
        /// To `watching` again when the body ends, to `listing`, `waiting` or `renewingToken` when it fails.
        case watching
        /// To the step.
        case waiting(then: Step)
        /// To the step.
        case renewingToken(then: Step)
    }

    /// A step that can be tried again.
    enum Step: Equatable { case list(ListRequest), watch }

    /// The query of a list.
    struct ListRequest: Equatable {
        /// Nil: the newest; `0`: any; else not older than this.
        var resourceVersion: ResourceVersion?
        /// Nil: all in one answer.
        var limit: Int?
        /// From the page before; it excludes a resource version.
        var continueToken: String?

        /// Whatever version the server has in memory.
        static let any = ListRequest(resourceVersion: "0")
        /// What is in etcd now, in pages as client-go asks for them.
        static let newest = ListRequest(limit: 500)
        static let newestUnpaged = ListRequest()
    }

    enum Event: Equatable {
        case start
        /// A page was read.
        case listed(ListMetadata)
        /// An object was read from the watch and applied.
        case object(ResourceVersion)
        case bookmark(ResourceVersion)
        /// The body of the watch ended cleanly, or was cut.
        case ended
        /// Nothing came for longer than bookmarks do.
        case silent
        /// The step could not be performed, or the server refused it.
        case failed(ReflectorFailure)
        case waited
        case tokenRenewed
    }

    enum Action: Equatable {
        case list(ListRequest)
        /// The server ends the watch after so many seconds.
        case watch(from: ResourceVersion, timeoutSeconds: Int)
        /// Read on from the open watch.
        case read
        /// Report `waited` after that time.
        case wait(Duration)
        /// Read the token again before the next request, then report `tokenRenewed`.
        case renewToken
    }

    /// client-go tools/cache/reflector.go: 800 ms doubled up to 30 s, lengthened by up to as much again.
    private static let initialWait: Duration = .milliseconds(800)
    private static let maximumWait: Duration = .seconds(30)
    /// client-go: after two minutes without a failure the waits begin anew.
    private static let waitsBeginAnewAfter: Duration = .seconds(120)
    /// Custom resources and newer kinds may be installed at any time; once a minute is soon enough.
    private static let notServedWait: Duration = .seconds(60)
    /// A watch that ends sooner without an event is an error (client-go `VeryShortWatchError`).
    private static let shortWatch: Duration = .seconds(1)
    /// Spread, so that the watches of one client do not end together.
    private static let watchTimeoutSeconds = 240...480
    /// As often a watch is tried again after an error of the server before everything is listed.
    private static let maximumWatchFaults = 3

    private(set) var state = State.idle
    /// The version that the cache is at; nil before the first list.
    private(set) var lastSeen: ResourceVersion?

    private var backoff = Backoff(initial: initialWait, factor: 2, maximum: maximumWait, jitter: 1)
    private var lastFailure: Duration?
    private var watchBegan: Duration = .zero
    private var watchHadEvent = false
    private var watchFaults = 0
    private var tokenIsFresh = false
    private var pagesExpired = 0

    /// Takes an event and says what to do.
    ///
    /// - Parameter now: from a clock that only rises.
    mutating func handle(
        _ event: Event, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch event {
        case .start: list(.any)
        case .listed(let metadata): listed(metadata, at: now, using: &generator)
        case .object(let version), .bookmark(let version): read(version)
        case .ended: ended(at: now, using: &generator)
        case .silent: relist()
        case .failed(let failure): failed(failure, at: now, using: &generator)
        case .waited, .tokenRenewed: resume(at: now, using: &generator)
        }
    }
}

// MARK: The steps

extension ReflectorMachine {
    private mutating func list(_ request: ListRequest) -> Action {
        state = .listing(request)
        return .list(request)
    }

    private mutating func watch(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        guard let lastSeen else { return list(.any) }
        state = .watching
        (watchBegan, watchHadEvent) = (now, false)
        return .watch(from: lastSeen, timeoutSeconds: Int.random(in: Self.watchTimeoutSeconds, using: &generator))
    }

    /// For at least what was seen before; before the first list for anything.
    private mutating func relist() -> Action { list(notOlder) }

    private var notOlder: ListRequest { lastSeen.map { ListRequest(resourceVersion: $0) } ?? .any }

    private mutating func resume(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        switch state {
        case .waiting(.list(let request)), .renewingToken(.list(let request)): list(request)
        default: watch(at: now, using: &generator)
        }
    }

    /// Waits before a step, each time longer, at least as long as the server asks.
    private mutating func wait(
        atLeast minimum: Duration? = nil, then step: Step, at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Action {
        if let lastFailure, now - lastFailure > Self.waitsBeginAnewAfter { backoff.reset() }
        lastFailure = now
        state = .waiting(then: step)
        return .wait(max(backoff.next(using: &generator), minimum ?? .zero))
    }
}

// MARK: What went well

extension ReflectorMachine {
    private mutating func listed(
        _ metadata: ListMetadata, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        tokenIsFresh = false
        if case .listing(let request) = state, !metadata.continueToken.isEmpty {
            return list(ListRequest(limit: request.limit, continueToken: metadata.continueToken))
        }
        guard !metadata.resourceVersion.text.isEmpty else {
            return wait(then: .list(.newest), at: now, using: &generator)
        }
        lastSeen = metadata.resourceVersion
        (watchFaults, pagesExpired) = (0, 0)
        return watch(at: now, using: &generator)
    }

    private mutating func read(_ version: ResourceVersion) -> Action {
        if !version.text.isEmpty { lastSeen = version }
        (watchHadEvent, tokenIsFresh, watchFaults) = (true, false, 0)
        return .read
    }

    private mutating func ended(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        if watchHadEvent || now - watchBegan >= Self.shortWatch { return watch(at: now, using: &generator) }
        return wait(then: .watch, at: now, using: &generator)
    }
}

// MARK: What went wrong

extension ReflectorMachine {
    private var step: Step {
        switch state {
        case .listing(let request): .list(request)
        case .waiting(let step), .renewingToken(let step): step
        case .idle, .watching: .watch
        }
    }

    private mutating func failed(
        _ failure: ReflectorFailure, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch failure.kind {
        case .expired: return expired(at: now, using: &generator)
        case .versionTooLarge: return versionTooLarge(failure, at: now, using: &generator)
        case .unauthorized where !tokenIsFresh:
            tokenIsFresh = true
            state = .renewingToken(then: step)
            return .renewToken
        case .unauthorized:
            tokenIsFresh = false
            return wait(then: step, at: now, using: &generator)
        case .notServed:
            state = .waiting(then: .list(notOlder))
            return .wait(Self.notServedWait * Double.random(in: 1...1.5, using: &generator))
        case .overloaded, .forbidden:
            return wait(atLeast: failure.retryAfter, then: step, at: now, using: &generator)
        case .faulty, .other:
            return wait(atLeast: failure.retryAfter, then: afterFault(failure), at: now, using: &generator)
        }
    }

    private mutating func expired(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
        guard case .listing(let request) = state else { return relist() }
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
        if case .listing(let request) = state, request.resourceVersion == nil {
            return wait(atLeast: failure.retryAfter, then: .list(.newestUnpaged), at: now, using: &generator)
        }
        return list(.newest)
    }

    /// A list is tried again as it was, or from its first page; a watch a few times, when the server may recover.
    private mutating func afterFault(_ failure: ReflectorFailure) -> Step {
        if case .list(let request) = step {
            return .list(request.continueToken == nil ? request : .newest)
        }
        watchFaults += 1
        if failure.kind == .faulty, watchFaults <= Self.maximumWatchFaults { return .watch }
        watchFaults = 0
        return .list(notOlder)
    }
}
