import Base
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Exec source")
struct ExecSourceTests {
    /// A plugin whose answers the test sets, and the time of day.
    private final class Plugin: Sendable {
        private let state = Mutex<(answers: [ExecCredential?], runs: Int, most: Int, running: Int)>(([], 0, 0, 0))
        private let seconds = Mutex<Int64>(1000)
        let gate = Gate()

        init(_ answers: ExecCredential?..., isOpen: Bool = true) {
            state.withLock { $0.answers = answers }
            if isOpen { gate.open() }
        }

        var runs: Int { state.withLock { $0.runs } }
        var mostAtOnce: Int { state.withLock { $0.most } }
        func pass(seconds passed: Int64) { seconds.withLock { $0 += passed } }

        var source: ExecSource {
            ExecSource(
                ExecPlugin(command: "login", apiVersion: "v"),
                now: { [self] in Timestamp(seconds: seconds.withLock { $0 }) },
                run: { [self] (_) throws(ExecPluginError) in try await run() })
        }

        private func run() async throws(ExecPluginError) -> ExecCredential {
            let answer = state.withLock { state in
                state.runs += 1
                state.running += 1
                state.most = max(state.most, state.running)
                return state.answers.isEmpty ? nil : state.answers.removeFirst()
            }
            let isOpen = await gate.wait()
            state.withLock { $0.running -= 1 }
            guard isOpen, let answer else { throw ExecPluginError(command: "login", detail: "failed") }
            return answer
        }
    }

    private func credential(_ token: String, expires: Int64? = nil) -> ExecCredential {
        ExecCredential(token: token, expires: expires.map { Timestamp(seconds: $0) })
    }

    @Test("credentials are kept until shortly before they expire")
    func expiry() async throws {
        let plugin = Plugin(credential("a", expires: 1100), credential("b"))
        let source = plugin.source
        for _ in 0..<3 { #expect(try await source.credential().token == "a") }
        plugin.pass(seconds: 89)
        #expect(try await source.credential().token == "a")
        plugin.pass(seconds: 1)
        #expect(try await source.credential().token == "b")
        plugin.pass(seconds: 1_000_000)
        #expect(try await source.credential().token == "b")
        #expect(plugin.runs == 2)
    }

    @Test("refused credentials are asked for again, unless they have been replaced meanwhile")
    func refused() async throws {
        let plugin = Plugin(credential("a"), credential("b"))
        let source = plugin.source
        let first = try await source.credential()
        await source.refuse(first)
        #expect(try await source.credential().token == "b")
        await source.refuse(first)
        #expect(try await source.credential().token == "b")
        #expect(plugin.runs == 2)
    }

    @Test("requests that come together cause one run, also when it fails, and the next request another")
    func together() async throws {
        let plugin = Plugin(nil, credential("a"), isOpen: false)
        let source = plugin.source
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { (try? await source.credential()) == nil } }
            #expect(await eventually { plugin.runs == 1 })
            plugin.gate.open()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // Who comes after the first run has failed has a second one.
        #expect(failures >= 1)
        #expect(plugin.mostAtOnce == 1)
        #expect(plugin.runs <= 2)
        #expect(try await source.credential().token == "a")
    }

    @Test("while the plugin fails, credentials that are not yet expired serve on; refused ones do not")
    func failing() async throws {
        let plugin = Plugin(credential("a", expires: 1100), nil, nil, credential("b"), nil)
        let source = plugin.source
        _ = try await source.credential()
        plugin.pass(seconds: 95)
        #expect(try await source.credential().token == "a")
        plugin.pass(seconds: 5)
        await #expect(throws: ExecPluginError.self) { _ = try await source.credential() }
        let fresh = try await source.credential()
        #expect(fresh.token == "b")
        await source.refuse(fresh)
        await #expect(throws: ExecPluginError.self) { _ = try await source.credential() }
    }

    @Test("a run that nobody waits for any more is cancelled, and the next request starts another")
    func abandoned() async throws {
        let plugin = Plugin(credential("a"), credential("b"), isOpen: false)
        let source = plugin.source
        let task = Task { try await source.credential() }
        #expect(await eventually { plugin.runs == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        plugin.gate.open()
        #expect(try await source.credential().token == "b")
    }
}
