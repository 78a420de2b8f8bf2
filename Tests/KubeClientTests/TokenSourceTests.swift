import Base
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Token source")
struct TokenSourceTests {
    /// A token file whose contents the test sets.
    private final class File: Sendable {
        private let state = Mutex<(text: String?, reads: Int)>(("first\n", 0))

        var reads: Int { state.withLock { $0.reads } }
        func set(_ text: String?) { state.withLock { $0.text = text } }

        @Sendable func read(_ path: String) throws(FileError) -> [UInt8] {
            let text = state.withLock { state in
                state.reads += 1
                return state.text
            }
            guard let text else { throw FileError(code: .notFound, path: path, detail: "gone") }
            return Array(text.utf8)
        }
    }

    @Test("a token file is read again after a minute, and white space is no part of a token")
    func rereading() async {
        let (file, clock) = (File(), ManualClock())
        let source = TokenSource(.tokenFile(path: "/token", initial: nil), clock: clock, read: file.read)
        #expect(await source.token() == "first")
        file.set(" second ")
        clock.advance(by: .seconds(59))
        #expect(await source.token() == "first")
        clock.advance(by: .seconds(1))
        #expect(await source.token() == "second")
        #expect(file.reads == 2)
    }

    @Test("who is cancelled while the file is read waits no longer, and gets the old token")
    func cancelled() async {
        let (clock, isReading, goOn) = (ManualClock(), Gate(), Gate())
        let source = TokenSource(.tokenFile(path: "/token", initial: "first"), clock: clock) { _ in
            isReading.open()
            while !goOn.isOpen { usleep(1000) }
            return Array("second".utf8)
        }
        await source.refuse("first")
        let task = Task { await source.token() }
        #expect(await isReading.wait(until: .now + .seconds(60)))
        task.cancel()
        #expect(await task.value == "first")
        goOn.open()
        #expect(await eventually { await source.token() == "second" })
    }

    @Test("a refused token is read again at once, unless it has been replaced meanwhile")
    func refused() async {
        let (file, clock) = (File(), ManualClock())
        let source = TokenSource(.tokenFile(path: "/token", initial: nil), clock: clock, read: file.read)
        _ = await source.token()
        file.set("second")
        await source.refuse("first")
        #expect(await source.token() == "second")
        await source.refuse("first")
        #expect(await source.token() == "second")
        #expect(file.reads == 2)
    }

    @Test("the old token serves on while the file cannot be read or is empty", arguments: [nil, "", "\n"])
    func unreadable(text: String?) async {
        let (file, clock) = (File(), ManualClock())
        let source = TokenSource(.tokenFile(path: "/token", initial: nil), clock: clock, read: file.read)
        _ = await source.token()
        file.set(text)
        clock.advance(by: .seconds(61))
        #expect(await source.token() == "first")
        file.set("later")
        clock.advance(by: .seconds(61))
        #expect(await source.token() == "later")
    }

    @Test("the token of the kubeconfig serves until the file can be read")
    func initial() async {
        let file = File()
        file.set(nil)
        let source = TokenSource(.tokenFile(path: "/token", initial: "initial"), read: file.read)
        #expect(await source.token() == "initial")
    }

    @Test("a fixed token and no token need no file")
    func fixed() async {
        #expect(await TokenSource(.token("t")).token() == "t")
        #expect(await TokenSource(.none).token() == nil)
    }

    @Test("requests that come together cause one reading")
    func together() async {
        let file = File()
        let source = TokenSource(.tokenFile(path: "/token", initial: nil), clock: ManualClock(), read: file.read)
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { await source.token() } }
            for await token in group { #expect(token == "first") }
        }
        #expect(file.reads == 1)
    }
}
