/// Which members of a JSON document are wanted. Members that are not are passed over without being built. A path goes
/// through arrays: it means the member in each of their elements.
package struct JSONSelection: Sendable, Equatable {
    /// What becomes of members that have no part of their own.
    private var keepsOthers: Bool
    private var parts: [String: JSONSelection] = [:]

    /// Everything.
    package static let all = JSONSelection(keepsOthers: true)
    private static let nothing = JSONSelection(keepsOthers: false)

    private init(keepsOthers: Bool) { self.keepsOthers = keepsOthers }

    /// Only the values at these paths, with all that is in them.
    package init(only paths: [[String]]) {
        self = .nothing
        for path in paths { set(path[...], to: .all) }
    }

    /// The same without the values at these paths.
    package func without(_ paths: [[String]]) -> JSONSelection {
        var copy = self
        for path in paths { copy.set(path[...], to: .nothing) }
        return copy
    }

    /// What is wanted of a member; nil when it is not wanted at all.
    func part(_ name: String) -> JSONSelection? {
        guard let part = parts[name] else { return keepsOthers ? .all : nil }
        return part == .nothing ? nil : part
    }

    private mutating func set(_ path: ArraySlice<String>, to selection: JSONSelection) {
        guard let name = path.first else {
            self = selection
            return
        }
        var part = parts[name] ?? (keepsOthers ? .all : .nothing)
        part.set(path.dropFirst(), to: selection)
        parts[name] = part
    }
}
