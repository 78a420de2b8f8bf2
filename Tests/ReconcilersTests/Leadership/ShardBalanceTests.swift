import TestSupport
import Testing

@testable import Reconcilers

private let me = "b"
private func shards(_ count: Int) -> [Shard] { [.catalog] + (1..<count).map { .cluster("c\($0)") } }

private func view(_ replicas: Set<String>, _ holders: [(Shard, String?)]) -> ShardBalance.View {
    ShardBalance.View(replicas: replicas, holders: Dictionary(uniqueKeysWithValues: holders.map { ($0.0, $0.1) }))
}

@Suite("The balance of shards")
struct ShardBalanceTests {
    @Test("a replica that is alone stands for every free shard at once")
    func alone() {
        var balance = ShardBalance(me: me)
        let decision = balance.decide(view([me], shards(3).map { ($0, nil) }), at: .zero)
        #expect(decision == ShardBalance.Decision(stand: Set(shards(3))))
    }

    @Test("a free shard is left to the replica with the fewest, for two seconds")
    func headStart() {
        var balance = ShardBalance(me: me)
        let two = shards(3)
        let seen = view(["a", me], [(two[0], me), (two[1], nil), (two[2], me)])
        #expect(balance.decide(seen, at: .seconds(10)) == ShardBalance.Decision(next: .seconds(12)))
        #expect(balance.decide(seen, at: .seconds(11)).stand.isEmpty)
        #expect(balance.decide(seen, at: .seconds(12)).stand == [two[1]])
        // A shard that was held in the meantime begins its time anew.
        _ = balance.decide(view(["a", me], two.map { ($0, "a") }), at: .seconds(13))
        #expect(balance.decide(seen, at: .seconds(14)).stand.isEmpty)
    }

    @Test("replicas that see the same share free shards without standing against each other")
    func sharing() {
        let all = shards(7)
        var stood: [Shard] = []
        for replica in ["a", "b", "c"] {
            var balance = ShardBalance(me: replica)
            let mine = balance.decide(view(["a", "b", "c"], all.map { ($0, nil) }), at: .zero).stand
            #expect((2...3).contains(mine.count))
            stood += mine
        }
        #expect(stood.sorted() == all.sorted())
    }

    @Test("the last of too many is handed over after thirty seconds of imbalance, and one at a time")
    func handOver() {
        var balance = ShardBalance(me: me)
        let all = shards(4)
        let uneven = view(["a", me], all.map { ($0, me) })
        #expect(balance.decide(uneven, at: .zero) == ShardBalance.Decision(next: .seconds(30)))
        #expect(balance.decide(uneven, at: .seconds(29)).handOver == nil)
        #expect(balance.decide(uneven, at: .seconds(30)).handOver == .cluster("c3"))
        // Until it is known who has it nothing else is given.
        #expect(balance.decide(uneven, at: .seconds(100)).handOver == nil)
        let taken = view(["a", me], all.map { ($0, $0 == .cluster("c3") ? "a" : me) })
        #expect(balance.decide(taken, at: .seconds(101)) == ShardBalance.Decision(next: .seconds(131)))
        #expect(balance.decide(taken, at: .seconds(131)).handOver == .cluster("c2"))
        let even = view(["a", me], all.map { ($0, [.cluster("c3"), .cluster("c2")].contains($0) ? "a" : me) })
        #expect(balance.decide(even, at: .seconds(132)) == ShardBalance.Decision())
    }

    @Test("an imbalance that passes, or of one shard, is none")
    func hysteresis() {
        var balance = ShardBalance(me: me)
        let all = shards(3)
        let uneven = view(["a", me], all.map { ($0, me) })
        _ = balance.decide(uneven, at: .zero)
        _ = balance.decide(view([me], all.map { ($0, me) }), at: .seconds(20))
        #expect(balance.decide(uneven, at: .seconds(31)).handOver == nil)
        let byOne = view(["a", me], [(all[0], me), (all[1], me), (all[2], "a")])
        #expect(balance.decide(byOne, at: .seconds(500)) == ShardBalance.Decision())
        #expect(balance.decide(byOne, at: .seconds(1_000)) == ShardBalance.Decision())
    }

    @Test("what was given and came back makes the giver twice as patient each time, up to ten minutes")
    func patience() {
        var balance = ShardBalance(me: me)
        let all = shards(2)
        let uneven = view(["a", me], all.map { ($0, me) })
        let free = view(["a", me], [(all[0], me), (all[1], nil)])
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<7 {
            let start = now
            while balance.decide(uneven, at: now).handOver == nil { now += .seconds(1) }
            waits.append(now - start)
            now += .seconds(1)
            _ = balance.decide(free, at: now)
            // It is meant for the other one, which is there and does not take it.
            #expect(balance.decide(free, at: now + .seconds(1)).stand.isEmpty)
            now += .seconds(2)
            #expect(balance.decide(free, at: now).stand == [all[1]])
        }
        #expect(waits == [30, 60, 120, 240, 480, 600, 600].map { .seconds($0) })
    }

    @Test("a shard that was given and is configured no more is forgotten")
    func forgotten() {
        var balance = ShardBalance(me: me)
        let all = shards(4)
        let uneven = view(["a", me], all.map { ($0, me) })
        _ = balance.decide(uneven, at: .zero)
        #expect(balance.decide(uneven, at: .seconds(30)).handOver == all[3])
        let fewer = view(["a", me], all.dropLast().map { ($0, me) })
        _ = balance.decide(fewer, at: .seconds(31))
        #expect(balance.decide(fewer, at: .seconds(61)).handOver == all[2])
    }

    @Test("names of leases are names of objects, and no two shards share one")
    func leaseNames() {
        let names = ["a", "prod-eu", "Prod", "a/b", "x-1", "", String(repeating: "n", count: 41), "-a", "ä"]
        let leases = names.map { Shard.cluster($0).leaseName } + [Shard.catalog.leaseName]
        #expect(leases[0] == "callboard-cluster-a" && leases[1] == "callboard-cluster-prod-eu")
        #expect(Set(leases).count == leases.count)
        for name in leases {
            #expect(name.utf8.count <= 63 && !name.hasSuffix("-"))
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        }
        for name in names { #expect(Shard("cluster/" + name) == .cluster(name)) }
        #expect(Shard("catalog") == .catalog && Shard("else") == nil)
    }
}
