import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector machine with streamed lists")
struct ReflectorMachineStreamTests {
    private func streaming(notOlderThan: ResourceVersion? = nil) -> DrivenReflector {
        var driven = DrivenReflector(canStream: true, notOlderThan: notOlderThan)
        #expect(driven.send(.start).streamVersion == .some(notOlderThan))
        return driven
    }

    @Test("a streamed list moves the version at its end, not before, and is then a watch")
    func streamed() {
        var driven = streaming()
        for event in [ReflectorMachine.Event.object("90"), .object("20"), .bookmark("100")] {
            #expect(driven.send(event) == .read)
            #expect(driven.machine.lastSeen == nil)
        }
        #expect(driven.send(.streamed("100")) == .read)
        #expect(driven.machine.lastSeen == "100")
        #expect(driven.send(.object("101")) == .read)
        #expect(driven.send(.ended).watchVersion == "101")
    }

    @Test("a relist is streamed too, not older than what was seen, then whatever there is")
    func streamedRelist() {
        for kind in [ReflectorFailure.Kind.versionTooLarge, .expired] {
            var driven = streaming()
            _ = driven.send(.streamed("100"))
            #expect(driven.fail(.expired).streamVersion == .some("100"))
            #expect(driven.fail(kind).streamVersion == .some(nil))
            _ = driven.send(.streamed("40"))
            #expect(driven.send(.ended).watchVersion == "40")
            #expect(driven.machine.relists == [.expired: 1])
            #expect(driven.machine.restores == 1)
        }
    }

    @Test("a list that cannot be streamed is asked for in the other way, and the next one is streamed again")
    func cannotStream() {
        for event in [ReflectorMachine.Event.cannotStream, .silent, .failed(ReflectorFailure(.cannotStream))] {
            var driven = streaming()
            #expect(driven.send(event) == .list(.any))
            _ = driven.send(.listed(ListMetadata(resourceVersion: "9")))
            #expect(driven.send(.silent).streamVersion == .some("9"))
            driven = streaming(notOlderThan: "7")
            #expect(driven.send(event) == .list(ReflectorMachine.ListRequest(resourceVersion: "7")))
            driven = streaming(notOlderThan: "7")
            #expect(driven.fail(.versionTooLarge).streamVersion == .some(nil))
            #expect(driven.send(event) == .list(.newest))
        }
    }

    @Test("a stream that breaks off is tried once more, then listed; a relist streams again")
    func brokenStream() {
        for event in [ReflectorMachine.Event.ended, .failed(ReflectorFailure(.faulty))] {
            var driven = streaming()
            _ = driven.send(.listedInPart("30"))
            #expect(driven.send(event).wait != nil)
            #expect(driven.send(.waited).streamVersion == .some(nil))
            #expect(driven.send(event).wait != nil)
            #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "30")))
            _ = driven.send(.listed(ListMetadata(resourceVersion: "40")))
            #expect(driven.send(.silent).streamVersion == .some("40"))
        }
    }

    @Test("a server that is away or refuses for now is asked for the same stream again")
    func streamAgain() {
        var driven = streaming(notOlderThan: "7")
        for kind in [ReflectorFailure.Kind.overloaded, .unreachable, .forbidden] {
            #expect(driven.fail(kind).wait != nil)
            #expect(driven.send(.waited).streamVersion == .some("7"))
        }
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed).streamVersion == .some("7"))
        #expect(driven.fail(.notServed).wait != nil)
        #expect(driven.send(.waited).streamVersion == .some("7"))
    }
}
