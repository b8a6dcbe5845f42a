/* Runs a script on every node with libssh, a thread for each connection under way; answers are read and dropped.
   The least a sweep over this library can cost. Usage: libssh_sweep FLEET.txt SCRIPT KEY KNOWN_HOSTS LIMIT,
   where a line of FLEET.txt is ADDRESS PORT. */
#include <libssh/libssh.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node { char address[64]; unsigned port; };

static struct node nodes[4096];
static char script[1 << 20];
static size_t script_length;
static int count;
static const char *key_file, *known_hosts;
static atomic_int next_node, answered;

static ssh_session log_in(const struct node *node, ssh_key key) {
    ssh_session session = ssh_new();
    long timeout = 300;
    int no = 0;
    if (session == NULL) return NULL;
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_HOST, node->address);
    ssh_options_set(session, SSH_OPTIONS_PORT, &node->port);
    ssh_options_set(session, SSH_OPTIONS_USER, "root");
    ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, known_hosts);
    ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &timeout);
    if (ssh_connect(session) == SSH_OK && ssh_session_is_known_server(session) == SSH_KNOWN_HOSTS_OK &&
        ssh_userauth_publickey(session, NULL, key) == SSH_AUTH_SUCCESS)
        return session;
    fprintf(stderr, "%s:%u: %s\n", node->address, node->port, ssh_get_error(session));
    ssh_disconnect(session);
    ssh_free(session);
    return NULL;
}

static int read_answer(ssh_channel channel) {
    static const char end[] = "\n@bench . ";
    char part[32768], tail[64] = "";
    int length;
    while ((length = ssh_channel_read(channel, part, sizeof part - 1, 0)) > 0) {
        size_t kept = strlen(tail), fresh = length < 31 ? (size_t)length : 31;
        if (kept > 31) memmove(tail, tail + kept - 31, 32);
        strncat(tail, part + length - fresh, fresh);
    }
    return length == 0 && strstr(tail, end) != NULL && ssh_channel_get_exit_status(channel) == 0;
}

static int look(ssh_session session) {
    ssh_channel channel = ssh_channel_new(session);
    int good = channel != NULL && ssh_channel_open_session(channel) == SSH_OK &&
               ssh_channel_request_exec(channel, "sh -s -- bench") == SSH_OK &&
               ssh_channel_write(channel, script, script_length) == (int)script_length &&
               ssh_channel_send_eof(channel) == SSH_OK && read_answer(channel);
    if (channel != NULL) ssh_channel_free(channel);
    ssh_disconnect(session);
    ssh_free(session);
    return good;
}

static void *work(void *unused) {
    ssh_key key = NULL;
    int index;
    if (ssh_pki_import_privkey_file(key_file, NULL, NULL, NULL, &key) != SSH_OK) return unused;
    while ((index = atomic_fetch_add(&next_node, 1)) < count) {
        ssh_session session = log_in(&nodes[index], key);
        if (session != NULL) answered += look(session);
    }
    ssh_key_free(key);
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[1024];
    FILE *fleet, *file;
    int limit;
    if (argc != 6 || (fleet = fopen(argv[1], "r")) == NULL || (file = fopen(argv[2], "r")) == NULL) return 64;
    while (count < 4096 && fscanf(fleet, "%63s %u", nodes[count].address, &nodes[count].port) == 2) count++;
    script_length = fread(script, 1, sizeof script, file);
    key_file = argv[3];
    known_hosts = argv[4];
    limit = atoi(argv[5]) < 1024 ? atoi(argv[5]) : 1024;
    for (int i = 0; i < limit; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) return 71;
    for (int i = 0; i < limit; i++) pthread_join(threads[i], NULL);
    printf("%d answered\n", answered);
    return answered != count;
}
