internal import Base

/// Decides what a reflector does next. Pure: no I/O, no clock; an event goes in, one action comes out, and the caller
/// performs it and reports what came of it. The rules are those of client-go's and kube-rs' reflectors, together:
///
/// | event | next |
/// |---|---|
/// | first start, relist | stream the list where the server can; else list |
/// | first list | at version 0, which any server answers from memory, or not older than what an earlier process saw |
/// | list complete | watch from its version, also when that is lower than before (the cluster was restored) |
/// | object, bookmark | keep reading; the version is theirs, in a streamed list only after its end |
/// | end of a streamed list | keep reading; the version is the bookmark's |
/// | 410, as status or event | list not older than what was seen; if that fails so, list whatever there is |
/// | 410 on a later page of a list | begin the list again; the second time without pages |
/// | version too large | list whatever there is |
/// | 429 | keep the version, back off at least as long as the server asks, go on with the same step |
/// | no connection, 503 | the same; but before watching on, ask whether the server's version is lower than ours |
/// | 500, undecodable stream | watch again after a wait, the fourth time list |
/// | an event whose object is unreadable, other errors in a watch | list after a wait |
/// | body ended after an object or 1 s | watch on at once |
/// | body ended sooner | watch on after a wait, the fourth time list |
/// | 401 | take a new token and try again at once; the second time back off |
/// | 403 | back off up to the greatest wait: the permission may yet come |
/// | 404, not served | ask again every minute or so: the resource may yet come |
/// | nothing, not even a bookmark, for long | list: the version may be one that the server has never reached |
struct ReflectorMachine {
    /// What is going on.
    enum State: Equatable {
        /// To `listing` or `streaming`, on `start`.
        case idle
        /// To `watching` when the last page is there; else to `waiting` or `renewingToken`, or to another list.
        case listing(ListRequest)
        /// A list comes as a watch. To `watching` at its end; else as `listing`.
        case streaming(notOlderThan: ResourceVersion?)
        /// To `watching` again when the body ends, to another list, `waiting` or `renewingToken` when it fails.
        case watching
        /// Asks what version the server is at. To `watching`, or to another list.
        case probing
        /// To the step.
        case waiting(then: Step)
        /// To the step.
        case renewingToken(then: Step)
    }

    /// A step that can be tried again.
    enum Step: Equatable { case list(ListRequest), stream(notOlderThan: ResourceVersion?), watch, probe }

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
        /// A list or stream broke off; objects up to this version have been applied from it.
        case listedInPart(ResourceVersion)
        /// An object was read from the watch or streamed list and applied.
        case object(ResourceVersion)
        case bookmark(ResourceVersion)
        /// The bookmark after the last object of a streamed list.
        case streamed(ResourceVersion)
        /// The server cannot stream this list.
        case cannotStream
        /// The version that the server is at now.
        case probed(ResourceVersion)
        /// The body of the watch or stream ended cleanly, or was cut.
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
        /// Open a watch that begins with all objects; the server ends it after so many seconds.
        case stream(notOlderThan: ResourceVersion?, timeoutSeconds: Int)
        /// The server ends the watch after so many seconds.
        case watch(from: ResourceVersion, timeoutSeconds: Int)
        /// Read on from the open watch or stream.
        case read
        /// Ask for the version that the server is at now, from etcd.
        case probe
        /// Report `waited` after that time.
        case wait(Duration)
        /// Read the token again before the next request, then report `tokenRenewed`.
        case renewToken
    }

    /// client-go tools/cache/reflector.go: 800 ms doubled up to 30 s, lengthened by up to as much again.
    private static let initialWait: Duration = .milliseconds(800)
    private static let maximumWait: Duration = .seconds(30)
    /// client-go: after two minutes without a failure the waits begin anew.
    static let waitsBeginAnewAfter: Duration = .seconds(120)
    /// API servers ask for up to 32 s (server/filters/priority-and-fairness.go); a wrong number must not blind us.
    static let maximumAskedWait: Duration = .seconds(120)
    /// Custom resources and newer kinds may be installed at any time; once a minute is soon enough.
    static let notServedWait: Duration = .seconds(60)
    /// A watch that ends sooner without an event is an error (client-go `VeryShortWatchError`).
    static let shortWatch: Duration = .seconds(1)
    /// Spread, so that the watches of one client do not end together.
    static let watchTimeoutSeconds = 240...480
    /// As often a watch is tried again after an error of the server before everything is listed.
    static let maximumWatchFaults = 3
    /// As often a streamed list may break off before the list is asked for in pages.
    static let maximumStreamFaults = 2
    /// Ten million objects, more than etcd holds: a list of more pages never ends.
    static let maximumPages = 20_000

    var state = State.idle
    /// The version that the cache is at; nil before the first list.
    var lastSeen: ResourceVersion?
    /// How often and why the list was asked for again, and how often and why the watch was opened again.
    var relists: [RelistReason: Int] = [:]
    var watchRestarts: [WatchRestartReason: Int] = [:]
    /// How often a complete list was older than what had been seen: the cluster was set back.
    var restores = 0

    /// What lists must not be older than although `lastSeen` is lower or nil: what an earlier process saw, or what the
    /// cache holds of a list that broke off.
    var floor: ResourceVersion?
    let canStream: Bool
    var backoff = Backoff(initial: initialWait, factor: 2, maximum: maximumWait, jitter: 1)
    var lastFailure: Duration?
    var watchBegan: Duration = .zero
    var watchHadEvent = false
    var watchFaults = 0
    var streamFaults = 0
    var tokenIsFresh = false
    var pagesExpired = 0
    var pages = 0

    /// - Parameters:
    ///   - canStream: whether streamed lists are tried.
    ///   - notOlderThan: what the first list must not be older than; nil: it may be of any age.
    init(canStream: Bool, notOlderThan: ResourceVersion? = nil) {
        self.canStream = canStream
        floor = notOlderThan
    }

    /// Takes an event and says what to do.
    ///
    /// - Parameter now: from a clock that only rises.
    mutating func handle(
        _ event: Event, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch event {
        case .start: begin(notOlder, using: &generator)
        case .listed(let metadata): listed(metadata, at: now, using: &generator)
        case .listedInPart(let version): listedInPart(version)
        case .object(let version), .bookmark(let version): read(version)
        case .streamed(let version): streamed(version, at: now)
        case .cannotStream: cannotStream(using: &generator)
        case .probed(let version): probed(version, at: now, using: &generator)
        case .ended: ended(at: now, using: &generator)
        case .silent: silent(using: &generator)
        case .failed(let failure): failed(failure, at: now, using: &generator)
        case .waited, .tokenRenewed: resume(at: now, using: &generator)
        }
    }
}

/// Why a list was asked for again after the cache had been complete; for metrics.
package enum RelistReason: String, Sendable, CaseIterable {
    /// The server does not keep the version any more (410).
    case expired
    /// Nothing came from the watch, not even a bookmark.
    case silent
    /// The server is at a lower version than we are: it was set back.
    case restored
    /// An event could not be read.
    case undecodable
    /// The watch failed, or ended at once, again and again.
    case watchFailed
    /// The server did not have the resource.
    case notServed
}

/// Why a watch was opened again without a list; for metrics.
package enum WatchRestartReason: String, Sendable, CaseIterable {
    /// It came to its end.
    case ended
    /// It ended at once and without an event.
    case short
    case unauthorized, forbidden
    /// 429.
    case overloaded
    case unreachable
    /// The server failed, or what it sent could not be read.
    case faulty
}
