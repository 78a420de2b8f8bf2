import Base
import Synchronization

@testable import KubeClient

/// A lease in memory, as a server keeps it, that can be told to fail.
final class FakeLease: LeaseResource {
    enum Mode: Sendable {
        case works, fails
        /// Requests get no answer, not even when they are cancelled.
        case hangs
    }

    private struct State {
        var lease: Lease?
        var version = 0
        var mode = Mode.works
        var history: [LeaseRecord] = []
    }

    private let state = Mutex(State())

    var record: LeaseRecord? { state.withLock { $0.lease?.record } }
    /// Everything that was written.
    var history: [LeaseRecord] { state.withLock { $0.history } }
    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    /// The lease for one process: the mode of the others does not concern it.
    func connection() -> Connection { Connection(self) }

    func get(within limit: Duration) async throws -> Lease? {
        try await answer()
        return state.withLock { $0.lease }
    }

    func create(_ record: LeaseRecord, within limit: Duration) async throws -> Lease {
        try await answer()
        return try write(nil, record, code: .alreadyExists)
    }

    func update(_ lease: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease {
        try await answer()
        return try write(lease, record, code: .conflict)
    }

    private func answer() async throws {
        switch state.withLock({ $0.mode }) {
        case .works: return
        case .fails: throw KubernetesError(code: .unreachable, request: "lease", detail: "on command")
        case .hangs: await Task { try? await Task.sleep(for: .seconds(3_600)) }.value
        }
    }

    private func write(_ old: Lease?, _ record: LeaseRecord, code: KubernetesError.Code) throws -> Lease {
        try state.withLock { state in
            guard old?.resourceVersion == state.lease?.resourceVersion else {
                throw KubernetesError(code: code, request: "lease", detail: "changed")
            }
            state.version += 1
            let lease = Lease.sample(record, version: state.version)
            state.lease = lease
            state.history.append(record)
            return lease
        }
    }

    /// One process's way to the lease.
    final class Connection: LeaseResource {
        private let lease: FakeLease
        private let isCut = Mutex(false)

        init(_ lease: FakeLease) { self.lease = lease }

        func cut() { isCut.withLock { $0 = true } }

        private func check() throws {
            guard isCut.withLock({ $0 }) else { return }
            throw KubernetesError(code: .unreachable, request: "lease", detail: "cut")
        }

        func get(within limit: Duration) async throws -> Lease? {
            try check()
            return try await lease.get(within: limit)
        }

        func create(_ record: LeaseRecord, within limit: Duration) async throws -> Lease {
            try check()
            return try await lease.create(record, within: limit)
        }

        func update(_ old: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease {
            try check()
            return try await lease.update(old, to: record, within: limit)
        }
    }
}
