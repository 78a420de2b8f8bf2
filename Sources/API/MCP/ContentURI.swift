internal import Base
internal import Catalog

/// What a URI of ours names.
struct ContentURI: Sendable, Hashable {
    enum Aspect: String, Sendable, CaseIterable {
        case entity, workloads, cost
        /// A group with what it owns and spends.
        case team
    }

    let aspect: Aspect
    let ref: EntityRef

    private static let scheme = "callboard://"

    /// Nil when it is none of ours.
    init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
            .map { Self.decoded($0) }
        guard !parts.contains(where: { $0?.isEmpty ?? true || $0?.utf8.contains(0) ?? false }) else { return nil }
        switch parts.compactMap(\.self) {
        case let path where path.count == 4 && path[0] == "entity": self.init(.entity, path[1], path[2], path[3])
        case let path where path.count == 5 && path[0] == "entity":
            guard let aspect = Aspect(rawValue: path[4]), [.workloads, .cost].contains(aspect) else { return nil }
            self.init(aspect, path[1], path[2], path[3])
        case let path where path.count == 3 && path[0] == "team": self.init(.team, "group", path[1], path[2])
        default: return nil
        }
    }

    private init(_ aspect: Aspect, _ kind: String, _ namespace: String, _ name: String) {
        self.init(aspect, EntityRef(kind: kind, namespace: namespace, name: name))
    }

    init(_ aspect: Aspect, _ ref: EntityRef) {
        self.aspect = aspect
        self.ref = ref
    }

    /// In lower case, as refs are.
    var text: String {
        let place = [ref.namespace, ref.name].map(percentEncoded).joined(separator: "/")
        switch aspect {
        case .team: return "\(Self.scheme)team/\(place)"
        case .entity: return "\(Self.scheme)entity/\(percentEncoded(ref.kind))/\(place)"
        case .workloads, .cost: return "\(Self.scheme)entity/\(percentEncoded(ref.kind))/\(place)/\(aspect.rawValue)"
        }
    }

    /// The resources that hold an entity's document.
    static func all(of ref: String) -> [ContentURI] {
        guard let ref = try? EntityRef(parsing: ref) else { return [] }
        return [ContentURI(.entity, ref)] + (ref.kind == "group" ? [ContentURI(.team, ref)] : [])
    }

    private static func decoded(_ text: Substring) -> String? {
        percentDecoded(text.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
