import Base
import CatalogSources
import Synchronization

/// URLs that hold what a test puts there, with an etag that changes with it, and that fail when the test says so.
final class ScriptedURLs: URLReading {
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var texts: [String: String] = [:]
        var failure: String?
        var held: (prefix: String, gate: Gate)?
        var full: [String: Int] = [:]
        var unchanged: [String: Int] = [:]
    }

    private let state: Mutex<State>

    init(_ texts: [String: String] = [:]) { state = Mutex(State(texts: texts)) }

    func read(_ url: String, etag: String?) async throws -> URLAnswer {
        if let held = state.withLock({ $0.held }), url.hasPrefix(held.prefix) {
            _ = await held.gate.wait(until: .now + .seconds(60))
        }
        return try state.withLock { state in
            if let failure = state.failure { throw Refusal(description: failure) }
            guard let text = state.texts[url] else { return .missing }
            if etag == text {
                state.unchanged[url, default: 0] += 1
                return .unchanged
            }
            state.full[url, default: 0] += 1
            return .content(Array(text.utf8), etag: text)
        }
    }

    /// Puts a text there; nil: nothing is there any more.
    func set(_ url: String, _ text: String?) { state.withLock { $0.texts[url] = text } }

    /// Nothing can be read for this reason, or all again when nil.
    func fail(_ reason: String?) { state.withLock { $0.failure = reason } }

    /// What begins so is answered no more until the gate opens.
    func hold(_ prefix: String) -> Gate {
        let gate = Gate()
        state.withLock { $0.held = (prefix, gate) }
        return gate
    }

    /// How often the whole text was sent.
    func fullReads(of url: String) -> Int { state.withLock { $0.full[url, default: 0] } }
    /// How often an etag spared that.
    func unchangedReads(of url: String) -> Int { state.withLock { $0.unchanged[url, default: 0] } }
}
