package import Base

/// Which files of whose repositories are catalog files: one entry of `catalog.providers.github`.
package struct GitHubDiscovery: Sendable {
    /// The entry's key.
    package var id: String
    /// Of an organisation or a user.
    package var owner: String
    package var catalogPath = GitHubPathPattern("/catalog-info.yaml")
    /// Nil: each repository's default branch.
    package var branch: String?
    /// A regular expression that the whole name must match; nil: all names.
    package var repository: String?
    /// One of these topics, unless empty.
    package var includedTopics: Set<String> = []
    /// None of these topics, whatever else there is.
    package var excludedTopics: Set<String> = []
    /// Of `public`, `private`, `internal`; empty: all.
    package var visibility: Set<String> = []
    package var allowsForks = true
    package var allowsArchived = false
    /// Repositories that one request lists, 1–100.
    package var pageSize = 100
    package var schedule = PollSchedule()

    package init(id: String, owner: String) {
        self.id = id
        self.owner = owner
    }

    /// Why a text is no regular expression; nil when it is one.
    package static func problem(ofPattern text: String) -> String? {
        do {
            _ = try Regex(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The repositories that count, each with the branch that is read.
    func selected(_ repositories: [GitHubRepository]) throws -> [(repository: GitHubRepository, branch: String)] {
        let pattern = try repository.map { try Regex($0) }
        return try repositories.compactMap { one in
            guard try pattern.map({ try $0.wholeMatch(in: one.name) != nil }) ?? true, allows(one),
                let defaultBranch = one.defaultBranch
            else { return nil }
            return (one, branch ?? defaultBranch)
        }
    }

    /// All that is not the name.
    private func allows(_ repository: GitHubRepository) -> Bool {
        (allowsArchived || !repository.isArchived) && (allowsForks || !repository.isFork)
            && (visibility.isEmpty || visibility.contains(repository.visibility))
            && repository.topics.isDisjoint(with: excludedTopics)
            && (includedTopics.isEmpty || !repository.topics.isDisjoint(with: includedTopics))
    }
}

/// When a source looks whether anything has changed.
package struct PollSchedule: Sendable, Hashable {
    /// When the next look begins.
    package enum Frequency: Sendable, Hashable {
        /// That long after the end of the one before.
        case every(Duration)
        case cron(CronExpression)
    }

    package var frequency = Frequency.every(.seconds(1800))
    /// A look that takes longer is ended; what it has read counts.
    package var timeout: Duration = .seconds(600)
    /// Before the first look.
    package var initialDelay: Duration = .zero

    package init() {}
}
