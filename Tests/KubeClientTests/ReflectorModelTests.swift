import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector against a model server")
struct ReflectorModelTests {
    @Test(
        "whatever happens, the cache becomes what the server has, no object goes back in time, no change is told twice",
        arguments: 0..<20)
    func converges(block: Int) throws {
        for seed in block * 100..<(block + 1) * 100 {
            var run = ModelRun(seed: UInt64(seed))
            run.disturb(steps: 100)
            run.settle()
            #expect(run.problems.isEmpty, "seed \(seed): \(run.problems.prefix(3).joined(separator: "; "))")
            guard run.problems.isEmpty else { return }
        }
    }
}

/// A reflector with its cache on a model server, on a time of its own.
private struct ModelRun {
    private final class Time: Sendable {
        let now = Mutex(Duration.zero)
    }

    /// Ten minutes: twice the greatest wait, a silence, and what lies between.
    private static let settlingLimit: Duration = .seconds(600)

    private(set) var problems: [String] = []
    private var server = ModelServer()
    private var generator: SeededRandom
    private let time = Time()
    private let cache = ObjectCache<Namespace>()
    private var reflection: Reflection
    private var action: ReflectorMachine.Action
    private var watch: ModelServer.Watch?
    private var watchEnds: Duration = .zero
    private var lastByte: Duration = .zero
    private var isDisturbed = true
    /// Whether this server knows how to stream lists.
    private let streams: Bool
    /// What a handler knows by what it was told.
    private var told: [ObjectKey: Namespace] = [:]
    /// The version that each object was last told of at, and after how many restores.
    private var observed: [ObjectKey: (version: Int, restores: Int)] = [:]

    init(seed: UInt64) {
        // The numbers of neighbouring seeds are the same but for one; those of random seeds are not.
        var seeds = SeededRandom(seed: seed)
        generator = SeededRandom(seed: seeds.next())
        streams = Bool.random(using: &generator)
        let time = time
        reflection = Reflection(
            annotations: .none, machine: ReflectorMachine(canStream: true), generator: SeededRandom(seed: seeds.next()),
            elapsed: { time.now.withLock { $0 } })
        for _ in 0..<20 { server.write(using: &generator) }
        action = reflection.next(after: .start)
    }

    private var now: Duration {
        get { time.now.withLock { $0 } }
        nonmutating set { time.now.withLock { $0 = newValue } }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func disturb(steps: Int) {
        for _ in 0..<steps { step() }
    }

    /// No more faults and writes: within the limit the cache must be what the server has.
    mutating func settle() {
        isDisturbed = false
        let began = now
        var steps = 0
        while !isSettled {
            step()
            steps += 1
            guard now - began < Self.settlingLimit, steps < 5_000 else {
                problems.append("not settled after \(now - began) and \(steps) steps in \(reflection.machine.state)")
                return
            }
        }
        let (cached, served) = (names(cache.list()), names(server.objects.values))
        if cached != served { problems.append("the cache has \(cached), the server \(served)") }
        if names(told.values) != cached { problems.append("told of \(names(told.values)), cached \(cached)") }
    }

    private func names(_ objects: some Sequence<Namespace>) -> [String] {
        objects.map { "\($0.meta.name) \($0.meta.uid) \($0.meta.resourceVersion)" }.sorted()
    }

    private var isSettled: Bool {
        guard reflection.machine.state == .watching, action == .read, let watch, server.isOpen(watch) else {
            return false
        }
        return watch.position <= server.revision && server.next(for: watch) == nil
    }

    private mutating func step() {
        if isDisturbed { disturbServer() }
        now += .milliseconds(Int.random(in: 1...50, using: &generator))
        switch action {
        case .wait(let duration):
            if duration > .seconds(120) { problems.append("waits \(duration)") }
            now += duration
            next(.waited)
        case .renewToken: next(.tokenRenewed)
        case .probe: next(fault() ?? .probed(ResourceVersion("\(server.revision)")))
        case .list(let request): list(request)
        case .stream(let version, let seconds): stream(notOlderThan: version, for: seconds)
        case .watch(let version, let seconds): openWatch(from: version, for: seconds)
        case .read: read()
        }
    }

    private mutating func next(_ event: ReflectorMachine.Event) {
        action = reflection.next(after: event)
        if action != .read { watch = nil }
    }

    private mutating func disturbServer() {
        for _ in 0..<Int.random(in: 0...2, using: &generator) { server.write(using: &generator) }
        if chance(20) { server.writeElsewhere() }
        if chance(5) { server.compact(using: &generator) }
        if chance(2) { server.restart(keepingHistory: Bool.random(using: &generator)) }
        if chance(1) {
            let known = [reflection.machine.lastSeen, reflection.machine.floor, reflection.received]
            let version = known.compactMap { $0.flatMap { Int($0.text) } }.max() ?? 0
            server.restore(clientIsAt: version, using: &generator)
        }
    }

    /// Why a request fails, if it does.
    private mutating func fault() -> ReflectorMachine.Event? {
        guard isDisturbed, chance(15) else { return nil }
        let kinds: [ReflectorFailure.Kind] = [
            .unauthorized, .forbidden, .notServed, .overloaded, .unreachable, .faulty, .other, .expired,
        ]
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
        let wait: Duration? = chance(30) ? .seconds(Int.random(in: 1...3_600, using: &generator)) : nil
        return .failed(ReflectorFailure(kind, retryAfter: wait))
    }
}

// MARK: The steps

extension ModelRun {
    private mutating func list(_ request: ReflectorMachine.ListRequest) {
        do throws(ModelServer.Refusal) {
            let (items, metadata) = try server.list(request, using: &generator)
            if request.continueToken == nil { cache.beginList() }
            let fault = fault()
            // A fault may come in the middle.
            for item in fault == nil ? items[...] : items.prefix(Int.random(in: 0...items.count, using: &generator)) {
                put(item, .list)
            }
            guard fault == nil else { return next(fault ?? .ended) }
            next(.listed(metadata))
            if case .watch = action { completeList() }
        } catch {
            next(.failed(ReflectorFailure(error == .expired ? .expired : .versionTooLarge)))
        }
    }

    private mutating func stream(notOlderThan version: ResourceVersion?, for seconds: Int) {
        guard streams else { return next(chance(50) ? .cannotStream : .silent) }
        cache.beginList()
        open(for: seconds) { server, generator throws(ModelServer.Refusal) in
            try server.stream(notOlderThan: version, using: &generator)
        }
    }

    private mutating func openWatch(from version: ResourceVersion, for seconds: Int) {
        open(for: seconds) { server, _ throws(ModelServer.Refusal) in try server.watch(from: version) }
    }

    private mutating func open(
        for seconds: Int,
        _ open: (inout ModelServer, inout SeededRandom) throws(ModelServer.Refusal) -> ModelServer.Watch
    ) {
        if let fault = fault() { return next(fault) }
        do throws(ModelServer.Refusal) {
            watch = try open(&server, &generator)
            (watchEnds, lastByte, action) = (now + .seconds(seconds), now, .read)
        } catch {
            next(.failed(ReflectorFailure(error == .expired ? .expired : .versionTooLarge)))
        }
    }

    /// One thing that comes out of the open watch, or the time that passes without any.
    private mutating func read() {
        guard var open = watch, server.isOpen(open) else { return next(.ended) }
        if isDisturbed, chance(3) {
            return next(chance(30) ? .failed(ReflectorFailure(.malformedEvent)) : fault() ?? .ended)
        }
        if let item = open.initial.popLast() {
            put(item, .list)
            arrived(.object(item.meta.resourceVersion), &open)
        } else if open.isStreaming, chance(70) || server.next(for: open) == nil {
            open.isStreaming = false
            completeList()
            arrived(.streamed(ResourceVersion("\(open.position)")), &open)
        } else if let change = server.next(for: open) {
            open.position = change.revision
            apply(change, open.isStreaming ? .list : .watch)
            arrived(.object(change.object.meta.resourceVersion), &open)
        } else {
            pass(&open)
        }
    }

    private mutating func arrived(_ event: ReflectorMachine.Event, _ open: inout ModelServer.Watch) {
        (watch, lastByte) = (open, now)
        next(event)
    }

    private mutating func pass(_ open: inout ModelServer.Watch) {
        now += .seconds(Int.random(in: 1...30, using: &generator))
        if now >= watchEnds {
            next(.ended)
        } else if now - lastByte >= .seconds(60), open.position <= server.revision {
            open.position = server.revision
            arrived(.bookmark(ResourceVersion("\(server.revision)")), &open)
        } else if now - lastByte >= .seconds(90) {
            next(.silent)
        }
    }
}

// MARK: The cache

extension ModelRun {
    private mutating func put(_ object: Namespace, _ cause: CacheChange<Namespace>.Cause) {
        if cause == .list { reflection.received(object.meta.resourceVersion) }
        var changes: [CacheChange<Namespace>] = []
        cache.put(object, cause) { changes.append($0) }
        for change in changes { tell(change) }
    }

    private mutating func apply(_ change: ModelServer.Change, _ cause: CacheChange<Namespace>.Cause) {
        guard change.isGone else { return put(change.object, cause) }
        var changes: [CacheChange<Namespace>] = []
        let (key, version) = (change.object.key, change.object.meta.resourceVersion)
        if cause == .list { reflection.received(version) }
        cache.remove(key, at: version, cause) { changes.append($0) }
        for change in changes { tell(change) }
        if !changes.isEmpty { observed[key] = Int(version.text).map { ($0, server.restores) } }
    }

    private mutating func completeList() {
        reflection.completeList()
        server.wasListed()
        var changes: [CacheChange<Namespace>] = []
        cache.sweep { changes.append($0) }
        for change in changes { tell(change) }
    }

    private mutating func tell(_ change: CacheChange<Namespace>) {
        let key = change.key
        if change.old != told[key] { problems.append("\(key): told of a change from what was not there") }
        if change.old == change.new { problems.append("\(key): told of no change") }
        if let old = change.old, let new = change.new, old.meta.uid != new.meta.uid {
            problems.append("\(key): another object without the end of the first")
        }
        told[key] = change.new
        guard let object = change.new, let version = Int(object.meta.resourceVersion.text) else { return }
        if let last = observed[key], version < last.version, last.restores == server.restores {
            problems.append("\(key): back from \(last.version) to \(version)")
        }
        observed[key] = (version, server.restores)
    }
}
