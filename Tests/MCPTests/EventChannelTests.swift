import Base
import TestSupport
import Testing

@testable import MCP

@Suite("The channel of a stream")
struct EventChannelTests {
    @Test("what is sent is given in order, and nothing after the end")
    func order() async {
        let channel = EventChannel()
        channel.send(1)
        channel.send(event: "endpoint", Array("/x".utf8))
        channel.end()
        channel.send(2)
        let bytes = await channel.next() ?? []
        #expect(
            String(decoding: bytes, as: UTF8.self) == "event: message\ndata: 1\n\nevent: endpoint\ndata: /x\n\n")
        #expect(await channel.next() == nil)
    }

    @Test("a reader that takes nothing loses its stream when too much waits")
    func overflow() async {
        let channel = EventChannel()
        let piece = JSONValue.string(String(repeating: "x", count: EventChannel.maximumUnsent / 4))
        for _ in 0..<5 { channel.send(piece) }
        let kept = await channel.next()?.count ?? 0
        #expect(kept <= EventChannel.maximumUnsent)
        #expect(kept > EventChannel.maximumUnsent / 2)
        #expect(await channel.next() == nil)
    }

    @Test("one message above the bound passes when nothing else waits")
    func large() async {
        let channel = EventChannel()
        channel.send(.string(String(repeating: "x", count: 2 * EventChannel.maximumUnsent)))
        #expect(await channel.next()?.count ?? 0 > 2 * EventChannel.maximumUnsent)
    }

    @Test("what can wait is sent as the reader takes it, and leaves room for what cannot")
    func waiting() async {
        let channel = EventChannel()
        let piece = JSONValue.string(String(repeating: "x", count: EventChannel.maximumUnsent / 4))
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await channel.deliver(piece) } }
            var taken = 0
            while taken < 20 * EventChannel.maximumUnsent / 4 {
                guard let bytes = await channel.next() else { break }
                #expect(bytes.count <= EventChannel.maximumUnsent)
                taken += bytes.count
                // Another notice finds room at any time.
                if bytes.count > EventChannel.maximumUnsent / 4 { channel.send("notice") }
            }
            await group.waitForAll()
            #expect(taken >= 20 * EventChannel.maximumUnsent / 4)
        }
        channel.end()
    }

    @Test("who waits for room goes when the stream ends, or when it is cancelled", arguments: [true, false])
    func givingUp(isCancelled: Bool) async {
        let channel = EventChannel()
        let piece = JSONValue.string(String(repeating: "x", count: EventChannel.maximumUnsent / 2))
        await channel.deliver(piece)
        let sender = Task { await channel.deliver(piece) }
        if isCancelled { sender.cancel() } else { channel.endNow() }
        await sender.value
        let bytes = await channel.next()?.count ?? 0
        #expect(bytes < EventChannel.maximumUnsent)
    }

    @Test("a busy stream needs no sign of life")
    func busy() async {
        let channel = EventChannel()
        channel.tick()
        channel.send(1)
        channel.tick()
        channel.end()
        #expect(await channel.next() == Array("event: message\ndata: 1\n\n".utf8))
    }
}
