internal import Base
package import KubeClient

/// A part of the work that one replica at a time does.
package enum Shard: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The catalog, and what concerns all clusters.
    case catalog
    /// The workloads and costs of the cluster of this name.
    case cluster(String)

    /// Those that there are now.
    package static func all(in directory: ClusterDirectory) -> Set<Shard> {
        Set([.catalog] + directory.entries.map { .cluster($0.definition.name) })
    }

    /// As in `leader_epoch`: `catalog`, `cluster/<name>`.
    package var description: String {
        switch self {
        case .catalog: "catalog"
        case .cluster(let name): "cluster/" + name
        }
    }

    /// The shard that `description` gave; nil for any other text.
    init?(_ description: String) {
        let prefix = "cluster/"
        if description == "catalog" {
            self = .catalog
        } else if description.hasPrefix(prefix) {
            self = .cluster(String(description.dropFirst(prefix.count)))
        } else {
            return nil
        }
    }

    /// The catalog first, then clusters by name.
    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    /// The name of its Lease: `callboard-catalog`, `callboard-cluster-<name>`, or a hash where a cluster's name cannot be
    /// part of an object's name.
    package var leaseName: String {
        switch self {
        case .catalog: "callboard-catalog"
        case .cluster(let name):
            "callboard-cluster-" + (Self.isLabel(name) ? name : "x-" + sha256Hex(Array(name.utf8)).prefix(20))
        }
    }

    /// An RFC 1123 label of at most 40 characters. One that looks like a hash is hashed too, so that no two names meet.
    private static func isLabel(_ name: String) -> Bool {
        let permitted = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        return permitted && (1...40).contains(name.utf8.count) && !name.hasPrefix("-") && !name.hasSuffix("-")
            && !name.hasPrefix("x-")
    }
}
