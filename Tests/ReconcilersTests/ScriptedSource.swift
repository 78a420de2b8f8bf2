import Base
import CatalogSources
import KubeClient
import Synchronization

/// A source that holds what a test puts into it and fails when the test says so.
final class ScriptedSource: CatalogSource {
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var files: [String: String]
        var unreadable: [String: String] = [:]
        var listingFailure: String?
        var listings = 0
        var reads: [String: Int] = [:]
        var onChange: (@Sendable (CatalogSourceChange) -> Void)?
        var objects: [String: ObjectReference] = [:]
        var upstream: [String: String] = [:]
        var refreshes: [String: Int] = [:]
        var refreshGate: Gate?
    }

    let id: SourceID
    private let state: Mutex<State>
    private let gate = Gate()

    /// - Parameter startsAtOnce: false: it begins to watch only after `mayStart()`.
    init(_ target: String, _ files: [String: String] = [:], listingFailure: String? = nil, startsAtOnce: Bool = true) {
        id = SourceID(type: "scripted", target: target)
        state = Mutex(State(files: files, listingFailure: listingFailure))
        if startsAtOnce { gate.open() }
    }

    func mayStart() { gate.open() }

    func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        _ = await gate.wait(until: .now + .seconds(60))
        state.withLock { $0.onChange = onChange }
        onChange(.listing)
    }

    /// The objects of a cluster that locations lie in.
    var objects: [String: ObjectReference] {
        get { state.withLock { $0.objects } }
        set { state.withLock { $0.objects = newValue } }
    }

    func object(of location: String) -> ObjectReference? { objects[location] }

    func stop() async { state.withLock { $0.onChange = nil } }

    func locations() async throws -> Set<String> {
        try state.withLock { state in
            state.listings += 1
            if let failure = state.listingFailure { throw Refusal(description: failure) }
            return Set(state.files.keys).union(state.unreadable.keys)
        }
    }

    func read(_ location: String) async throws -> [UInt8]? {
        try state.withLock { state in
            state.reads[location, default: 0] += 1
            if let reason = state.unreadable[location] { throw Refusal(description: reason) }
            return state.files[location].map { Array($0.utf8) }
        }
    }
}

// As a source that keeps copies.
extension ScriptedSource {
    /// Takes in what is upstream at this moment, once it may.
    func refresh(_ location: String) async {
        let (text, gate) = state.withLock { state in
            state.refreshes[location, default: 0] += 1
            return (state.upstream[location], state.refreshGate)
        }
        _ = await gate?.wait()
        if let text { setSilently(location, text) }
    }

    func setUpstream(_ location: String, _ text: String) { state.withLock { $0.upstream[location] = text } }
    func holdRefreshes(_ gate: Gate) { state.withLock { $0.refreshGate = gate } }
    func refreshes(of location: String) -> Int { state.withLock { $0.refreshes[location, default: 0] } }
}

extension ScriptedSource {
    /// Changes or removes a file and announces it.
    func set(_ location: String, _ text: String?) {
        announce(.locations([location])) { state in
            state.files[location] = text
            state.unreadable[location] = nil
        }
    }

    /// The file is there and cannot be read; announced.
    func block(_ location: String, _ reason: String) {
        announce(.locations([location])) { $0.unreadable[location] = reason }
    }

    /// Listing fails with this reason, or works again when nil; announced.
    func failListing(_ reason: String?) { announce(.listing) { $0.listingFailure = reason } }

    /// Changes a file without a word.
    func setSilently(_ location: String, _ text: String?) { state.withLock { $0.files[location] = text } }

    func reads(of location: String) -> Int { state.withLock { $0.reads[location, default: 0] } }
    var listings: Int { state.withLock { $0.listings } }

    private func announce(_ change: CatalogSourceChange, _ body: (inout State) -> Void) {
        let onChange = state.withLock { state in
            body(&state)
            return state.onChange
        }
        onChange?(change)
    }
}

/// The text of a Component.
func component(_ name: String, title: String? = nil, selector: String? = nil, more: String = "") -> String {
    var text = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: \(name)\n"
    if let title { text += "  title: \(title)\n" }
    if let selector {
        text += "  annotations:\n    backstage.io/kubernetes-label-selector: '\(selector)'\n"
    }
    return text + "spec:\n  type: service\n  lifecycle: production\n  owner: team-a\n" + more
}
