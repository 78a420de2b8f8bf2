// Faces without variable arguments for the calls of libmicrohttpd that Swift cannot import.
#include <microhttpd.h>

typedef void *(*callboard_mhd_target_callback)(void *context, const char *target, struct MHD_Connection *connection);

// What a daemon calls; each gets `context` first.
struct callboard_mhd_callbacks {
    void *context;
    callboard_mhd_target_callback target;
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
};

// A daemon with one epoll thread and no listen socket: connections are given to it by MHD_add_connection.
static inline struct MHD_Daemon *callboard_mhd_start(
    const struct callboard_mhd_callbacks *callbacks, size_t connection_memory, unsigned int connection_limit,
    unsigned int idle_seconds) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
        callbacks->access, callbacks->context,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks->target, callbacks->context,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks->completed, callbacks->context,
        MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection, callbacks->context,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_END);
}

// The connection's socket, or -1.
static inline int callboard_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

// The client's address, or NULL.
static inline const struct sockaddr *callboard_mhd_client(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

// Bytes of the request line and header block, or 0.
static inline size_t callboard_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}
