package import Base

/// The places that an entity of kind Location points to.
package struct LocationTargets: Sendable, Hashable {
    /// Without repetition, in the author's order: `spec.target`, then `spec.targets`.
    package let refs: [LocationRef]
    /// Whether it is no error when nothing is there (`spec.presence`).
    package let isOptional: Bool

    /// - Parameters:
    ///   - entity: of kind Location.
    ///   - place: where it is defined, `<type>:<target>`; relative targets start there.
    package init(of entity: Entity, at place: String) {
        let spec = entity.spec
        let own = try? LocationRef(parsing: LocationRef.shown(place))
        let type = spec["type"]?.stringValue ?? own?.type ?? "url"
        let texts = [spec["target"]].compactMap { $0 } + (spec["targets"]?.arrayValue ?? [])
        var seen: Set<LocationRef> = []
        refs = texts.compactMap(\.stringValue).filter { !$0.isEmpty }.map { text in
            LocationRef(type: type, target: Self.resolved(text, type: type, own: own))
        }.filter { seen.insert($0).inserted }
        isOptional = spec["presence"]?.stringValue == "optional"
    }

    private static func resolved(_ target: String, type: String, own: LocationRef?) -> String {
        guard let own, own.type == type else { return target }
        switch type {
        case "url": return isAbsoluteURL(target) ? target : relative(target, toURL: own.target)
        case "file": return target.hasPrefix("/") ? target : joined(target, to: own.target)
        default: return target
        }
    }

    /// RFC 3986 §5.2 for the references that people write: a path, absolute or not, with what follows it.
    private static func relative(_ target: String, toURL base: String) -> String {
        guard let authority = base.firstRange(of: "://")?.upperBound else { return target }
        if target.hasPrefix("//") { return base[..<authority].dropLast(2) + target }
        let whole = base[authority...].prefix { $0 != "?" && $0 != "#" }
        let pathStart = whole.firstIndex(of: "/") ?? whole.endIndex
        let origin = String(base[..<pathStart])
        let (path, suffix) = split(target)
        if path.hasPrefix("/") { return origin + joined(path, to: "/") + suffix }
        return origin + joined(path, to: pathStart == whole.endIndex ? "/" : String(whole[pathStart...])) + suffix
    }

    private static func split(_ reference: String) -> (path: String, suffix: String) {
        let end = reference.firstIndex { $0 == "?" || $0 == "#" } ?? reference.endIndex
        return (String(reference[..<end]), String(reference[end...]))
    }

    /// A path seen from the directory of another, without dot segments.
    private static func joined(_ path: String, to base: String) -> String {
        var segments = path.hasPrefix("/") ? [""] : Array(base.parts(separatedBy: "/").dropLast())
        let isRooted = segments.first == ""
        for segment in path.parts(separatedBy: "/") {
            switch segment {
            case "", ".": continue
            case "..": if segments.count > (isRooted ? 1 : 0) { segments.removeLast() }
            default: segments.append(segment)
            }
        }
        return segments.joined(separator: "/")
    }
}
