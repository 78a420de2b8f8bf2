internal import Base

/// What the Secrets of clusters say, as far as they could be read. Pure: lists and failures in, the reading out when it
/// is another.
struct ClusterSecretsState {
    /// The last good definition of each Secret that is there, by the Secret's name.
    private var good: [String: ClusterDefinition] = [:]
    private var problems: [ClusterProblem] = []
    private var last: ClusterReading?

    /// Takes all Secrets. One that turned bad keeps its last good definition; one that is gone takes its own away.
    mutating func read(_ secrets: [JSONValue]) -> ClusterReading? {
        var next: [String: ClusterDefinition] = [:]
        problems = []
        for secret in secrets {
            let name = secret["metadata"]?["name"]?.stringValue ?? ""
            do throws(ClusterProblem) {
                next[name] = try ClusterDefinition.fromSecret(secret)
            } catch {
                problems.append(error)
                next[name] = good[name]
            }
        }
        good = next
        return changed(problems)
    }

    /// The Secrets could not be read: the last good state stays.
    mutating func fail(_ problem: ClusterProblem) -> ClusterReading? { changed(problems + [problem]) }

    private mutating func changed(_ problems: [ClusterProblem]) -> ClusterReading? {
        var reading = ClusterReading(problems: problems)
        for (name, definition) in good.sorted(by: { $0.key < $1.key }) {
            reading.add(definition, path: "Secret \(name)")
        }
        defer { last = reading }
        return reading == last ? nil : reading
    }
}
