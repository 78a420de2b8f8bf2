import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector machine in any order of events")
struct ReflectorMachineOrderTests {
    @Test(
        "in any order of events it never watches without a version, nor forgets what it saw, nor spins",
        arguments: 0..<300)
    func randomOrder(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var driven = DrivenReflector(canStream: seed.isMultiple(of: 2))
        var action = driven.send(.start)
        var actionsWithoutRest = 0
        for step in 0..<300 {
            let event = randomEvent(after: action, step: step, using: &generator)
            let seen = driven.machine.lastSeen
            action = driven.send(event)
            if case .watch(let version, _) = action { #expect(version == driven.machine.lastSeen) }
            if case .listed = event {
            } else if case .object = event {
            } else if case .bookmark = event {
            } else if case .streamed = event {
            } else {
                #expect(driven.machine.lastSeen == seen)
            }
            // A wait, or something read, is rest; without it only a few attempts may follow each other.
            switch (event, action) {
            case (_, .wait), (_, .read), (.listed, _), (.silent, _): actionsWithoutRest = 0
            default: actionsWithoutRest += 1
            }
            #expect(actionsWithoutRest < 12, "seed \(seed) step \(step)")
        }
    }

    private func randomEvent(
        after action: ReflectorMachine.Action, step: Int, using generator: inout SeededRandom
    ) -> ReflectorMachine.Event {
        let kinds: [ReflectorFailure.Kind] = [
            .expired, .versionTooLarge, .unauthorized, .forbidden, .notServed, .overloaded, .faulty, .other,
            .unreachable, .malformedEvent, .cannotStream,
        ]
        let failure = ReflectorMachine.Event.failed(
            ReflectorFailure(kinds[Int.random(in: 0..<kinds.count, using: &generator)]))
        let version = ResourceVersion("\(Int.random(in: 1...10_000, using: &generator))")
        switch action {
        case .wait: return .waited
        case .renewToken: return .tokenRenewed
        case .list:
            let token = Bool.random(using: &generator) ? "" : "more"
            return Int.random(in: 0...2, using: &generator) == 0
                ? .listed(ListMetadata(resourceVersion: version, continueToken: token)) : failure
        case .probe: return Bool.random(using: &generator) ? .probed(version) : failure
        case .stream:
            return [.object(version), .streamed(version), .ended, .silent, .cannotStream, failure][
                Int.random(in: 0...5, using: &generator)]
        case .watch, .read:
            return [.object(version), .bookmark(version), .ended, .silent, failure][
                Int.random(in: 0...4, using: &generator)]
        }
    }
}
