import TestSupport
import Testing

@testable import API

@Suite("Flight plan")
struct FlightPlanTests {
    @Test("the second who asks for the same joins, and both land together")
    func sharing() {
        var plan = FlightPlan<String, Int>(width: 1)
        #expect(plan.join(1, "a", lane: 0) == (false, [.start(1, "a")]))
        #expect(plan.join(2, "a", lane: 0) == (true, []))
        #expect(plan.finish(1) == ([1, 2], []))
        #expect(plan.isEmpty)
    }

    @Test("a lane has so many flights at a time, other lanes have their own, and the line moves up")
    func width() {
        var plan = FlightPlan<String, Int>(width: 1)
        _ = plan.join(1, "a", lane: 0)
        #expect(plan.join(2, "b", lane: 0) == (false, []))
        #expect(plan.join(3, "c", lane: 9) == (false, [.start(3, "c")]))
        #expect(plan.finish(1) == ([1], [.start(2, "b")]))
    }

    @Test("a flight is given up when the last has left, keeps its place until it is over, and takes nobody on")
    func leaving() {
        var plan = FlightPlan<String, Int>(width: 1)
        _ = plan.join(1, "a", lane: 0)
        _ = plan.join(2, "a", lane: 0)
        #expect(plan.leave(1) == [])
        #expect(plan.leave(2) == [.cancel(1)])
        #expect(plan.join(3, "a", lane: 0) == (false, []))
        #expect(plan.finish(1) == ([], [.start(2, "a")]))
        #expect(plan.finish(2) == ([3], []))
        #expect(plan.leave(3) == [] && plan.isEmpty)
    }

    @Test("who leaves the line is not started")
    func leavingTheLine() {
        var plan = FlightPlan<String, Int>(width: 1)
        _ = plan.join(1, "a", lane: 0)
        _ = plan.join(2, "b", lane: 0)
        #expect(plan.leave(2) == [])
        #expect(plan.finish(1) == ([1], []))
        #expect(plan.isEmpty)
    }

    @Test("whatever the order: no lane is too full, who could share does, and all waiters land once")
    func random() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let width = Int.random(in: 1...3, using: &random)
            var plan = FlightPlan<Int, Int>(width: width)
            var flying: [Int: Int] = [:]
            var abandoned: Set<Int> = []
            var waiting: [Int: Int] = [:]
            var next = 0
            func perform(_ actions: [FlightPlan<Int, Int>.Action]) {
                for action in actions {
                    switch action {
                    case .start(let flight, let key):
                        #expect(flying.updateValue(key, forKey: flight) == nil)
                    case .cancel(let flight):
                        #expect(flying[flight] != nil && abandoned.insert(flight).inserted)
                    }
                }
                for lane in 0...1 { #expect(flying.values.count { $0 % 2 == lane } <= width) }
                let live = flying.filter { !abandoned.contains($0.key) }.map(\.value)
                #expect(Set(live).count == live.count, "seed \(seed)")
            }
            func land(_ flight: Int) {
                let key = flying.removeValue(forKey: flight)
                let (waiters, actions) = plan.finish(flight)
                #expect(waiters.isEmpty == (abandoned.remove(flight) != nil))
                for waiter in waiters { #expect(waiting.removeValue(forKey: waiter) == key) }
                perform(actions)
            }
            for _ in 0..<60 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    next += 1
                    let key = Int.random(in: 0..<6, using: &random)
                    waiting[next] = key
                    perform(plan.join(next, key, lane: key % 2).actions)
                case 2:
                    guard let waiter = waiting.keys.sorted().randomElement(using: &random) else { continue }
                    waiting[waiter] = nil
                    perform(plan.leave(waiter))
                default: if let flight = flying.keys.sorted().randomElement(using: &random) { land(flight) }
                }
            }
            while let flight = flying.keys.min() { land(flight) }
            #expect(waiting.isEmpty && plan.isEmpty, "seed \(seed)")
        }
    }
}
