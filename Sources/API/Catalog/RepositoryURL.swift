internal import Base

/// A URL of a repository, or of a file in one, as people paste it.
struct RepositoryURL {
    private let text: String
    private let host: String
    private let segments: [String]

    init(_ text: String) {
        self.text = text
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let parts = rest.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").map(String.init)
        host = parts.first?.lowercased() ?? ""
        segments = Array(parts.dropFirst())
    }

    /// Where the catalog file should be: the URL itself when it names a YAML file, else that file at the repository's root,
    /// on its main branch.
    func catalogFile(named name: String) -> String {
        if [".yaml", ".yml"].contains(where: { segments.last?.lowercased().hasSuffix($0) ?? false }) { return text }
        let scheme = text.prefix { $0 != ":" }
        let branch = segments.count > 3 && segments[2] == "tree" ? segments[3] : "HEAD"
        let path = segments.prefix(2) + ["blob", branch] + name.split(separator: "/").map(String.init)
        return "\(scheme)://\(host)/" + path.joined(separator: "/")
    }

    /// Backstage's fallback: a Component that is called like the repository.
    var suggestion: JSONValue {
        var metadata: JSONObject = ["name": .string(name)]
        if host == "github.com" || host.hasPrefix("github."), segments.count > 1 {
            metadata["annotations"] = ["github.com/project-slug": .string("\(segments[0])/\(repository)")]
        }
        return [
            "entity": [
                "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": .object(metadata),
                "spec": ["type": "other", "lifecycle": "unknown"],
            ],
            "fields": [
                [
                    "field": "spec.owner", "description": "Who owns it, such as group:default/payments", "value": nil,
                    "state": "needsUserInput",
                ]
            ],
        ]
    }

    private var repository: String {
        let last = segments.count > 1 ? segments[1] : segments.last ?? host
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    /// The repository's name as far as an entity may be called so.
    private var name: String {
        let allowed = repository.utf8.map { byte -> UInt8 in
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            return isPlain || "-_.".utf8.contains(byte) ? byte : UInt8(ascii: "-")
        }
        let text = String(decoding: allowed.prefix(63), as: UTF8.self)
        let trimmed = text.drop { "-_.".contains($0) }
        let kept = trimmed.reversed().drop { "-_.".contains($0) }.reversed()
        return kept.isEmpty ? "repository" : String(kept)
    }
}
