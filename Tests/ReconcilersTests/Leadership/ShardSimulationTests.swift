import TestSupport
import Testing

@testable import Reconcilers

/// Replicas that look at the same leases every two seconds or so, on a time of their own.
private struct ShardWorld {
    struct Replica {
        var balance: ShardBalance
        var nextLook: Duration
    }

    var random: SeededRandom
    var now: Duration = .zero
    var replicas: [String: Replica] = [:]
    /// Who is dead, and when others notice.
    var unnoticed: [String: Duration] = [:]
    var holders: [Shard: String?]
    var handOvers = 0
    var freeTimes: [Duration] = []
    private var freeSince: [Shard: Duration] = [:]
    private var noticed: [Shard: Duration] = [:]

    init(seed: UInt64, shards: Int) {
        random = SeededRandom(seed: seed)
        holders = [.catalog: nil]
        for number in 1..<max(shards, 2) where shards > 1 { holders[.cluster("c\(number)")] = .some(nil) }
        for shard in holders.keys { noticed[shard] = .zero }
    }

    mutating func add(_ name: String) {
        replicas[name] = Replica(balance: ShardBalance(me: name), nextLook: now)
    }

    /// It ends without a word; its leases run out later.
    mutating func kill(_ name: String) {
        replicas[name] = nil
        unnoticed[name] = now + .seconds(15)
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while let (name, replica) = replicas.min(by: { ($0.value.nextLook, $0.key) < ($1.value.nextLook, $1.key) }),
            replica.nextLook <= end
        {
            now = replica.nextLook
            expire()
            look(name)
        }
        now = end
    }

    private mutating func expire() {
        for (name, at) in unnoticed where at <= now {
            for (shard, holder) in holders where holder == name { free(shard) }
            unnoticed[name] = nil
        }
    }

    private mutating func free(_ shard: Shard) {
        holders[shard] = .some(nil)
        noticed[shard] = now
    }

    private mutating func look(_ name: String) {
        guard var replica = replicas[name] else { return }
        let view = ShardBalance.View(replicas: Set(replicas.keys).union(unnoticed.keys), holders: holders)
        let decision = replica.balance.decide(view, at: now)
        for shard in decision.stand {
            if let since = noticed.removeValue(forKey: shard) { freeTimes.append(now - since) }
            holders[shard] = name
        }
        if let shard = decision.handOver {
            handOvers += 1
            free(shard)
        }
        let pause = Duration.seconds(Double.random(in: 2...2.4, using: &random))
        replica.nextLook = min(now + pause, decision.next ?? now + pause)
        replicas[name] = replica
    }

    var loads: [Int] {
        replicas.keys.map { name in holders.values.count { $0 == name } }.sorted()
    }
}

@Suite("Shards among simulated replicas")
struct ShardSimulationTests {
    @Test("replicas that come one after the other come to hold about the same number, and then nothing moves")
    func joining() {
        for seed in 0..<24 as Range<UInt64> {
            var world = ShardWorld(seed: seed, shards: 2 + Int(seed % 12))
            for name in ["a", "b", "c"] {
                world.add(name)
                world.run(for: .seconds(5))
            }
            world.run(for: .seconds(600))
            #expect(world.holders.values.allSatisfy { $0 != nil })
            #expect((world.loads.last ?? 0) - (world.loads.first ?? 0) <= 1, "seed \(seed): \(world.loads)")
            let moved = world.handOvers
            world.run(for: .seconds(2_400))
            #expect(world.handOvers == moved, "seed \(seed) flaps")
        }
    }

    @Test("the shards of a replica that dies are taken within two seconds and a look")
    func dying() {
        for seed in 0..<24 as Range<UInt64> {
            var world = ShardWorld(seed: seed, shards: 2 + Int(seed % 12))
            for name in ["a", "b", "c"] { world.add(name) }
            world.run(for: .seconds(600))
            world.freeTimes = []
            world.kill(["a", "b", "c"][Int(seed % 3)])
            world.run(for: .seconds(15 + 2.4 + 2 + 0.1))
            #expect(world.holders.values.allSatisfy { $0.map { world.replicas[$0] != nil } ?? false }, "seed \(seed)")
            #expect(world.freeTimes.allSatisfy { $0 <= .seconds(4.5) })
        }
    }

    @Test("replicas come and go at random, and afterwards everything is held and shared")
    func churn() {
        for seed in 0..<24 as Range<UInt64> {
            var world = ShardWorld(seed: seed, shards: 2 + Int(seed % 12))
            world.add("r0")
            for number in 1..<20 {
                world.run(for: .seconds(Double.random(in: 0...90, using: &world.random)))
                if world.replicas.count > 1, Bool.random(using: &world.random),
                    let victim = world.replicas.keys.sorted().randomElement(using: &world.random)
                {
                    world.kill(victim)
                } else if world.replicas.count < 5 {
                    world.add("r\(number)")
                }
            }
            world.run(for: .seconds(900))
            #expect(world.holders.values.allSatisfy { $0.map { world.replicas[$0] != nil } ?? false })
            #expect((world.loads.last ?? 0) - (world.loads.first ?? 0) <= 1, "seed \(seed): \(world.loads)")
        }
    }
}
