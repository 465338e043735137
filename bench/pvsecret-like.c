/*
 * A stand-in for pvsecret where there is none: one process that makes one add-secret request, with OpenSSL and in the order of the
 * reference. It reads the host-key documents, the SE header and the secret, makes a key pair on secp521r1, derives a key with each host
 * (the other side's point is checked, as OpenSSL does it unless told otherwise), wraps the request protection key for each, encrypts
 * the secret, and writes the request. It verifies no certificate, as with --no-verify, and knows one kind of secret: plaintext.
 *
 *   pvsecret-like HEADER SECRET OUTPUT HOST-KEY-DOCUMENT...
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 0x4b8, SLOT = 80, SECRET_HEADER = 48, COORDINATE = 80, SCALAR = 66, TAG = 16, HOSTS_MAX = 255, FILE_MAX = 16384 };

static void check(int good, const char *what) {
  if (good) return;
  fprintf(stderr, "pvsecret-like: %s\n", what);
  exit(1);
}

static size_t read_file(const char *path, uint8_t *to) {
  FILE *f = fopen(path, "rb");
  check(f != NULL, path);
  size_t size = fread(to, 1, FILE_MAX, f);
  fclose(f);
  return size;
}

static EVP_PKEY *host_key(const char *path) {
  FILE *f = fopen(path, "rb");
  check(f != NULL, path);
  X509 *certificate = PEM_read_X509(f, NULL, NULL, NULL);
  fclose(f);
  check(certificate != NULL, path);
  EVP_PKEY *key = X509_get_pubkey(certificate);
  X509_free(certificate);
  check(key != NULL, path);
  return key;
}

/* x then y, each left-padded to 80 bytes */
static void point_of(EVP_PKEY *key, uint8_t to[2 * COORDINATE]) {
  uint8_t sec1[1 + 2 * SCALAR];
  size_t size = 0;
  check(EVP_PKEY_get_octet_string_param(key, "pub", sec1, sizeof sec1, &size) && size == sizeof sec1, "point");
  memset(to, 0, 2 * COORDINATE);
  memcpy(to + COORDINATE - SCALAR, sec1 + 1, SCALAR);
  memcpy(to + 2 * COORDINATE - SCALAR, sec1 + 1 + SCALAR, SCALAR);
}

static void seal(const uint8_t key[32], const uint8_t iv[12], const uint8_t *aad, int aad_size, const uint8_t *plain, int size,
                 uint8_t *to) {
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  int n = 0;
  check(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv) == 1, "cipher");
  if (aad_size > 0) check(EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_size) == 1, "cipher");
  check(EVP_EncryptUpdate(ctx, to, &n, plain, size) == 1 && EVP_EncryptFinal_ex(ctx, to + n, &n) == 1, "cipher");
  check(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, to + size) == 1, "cipher");
  EVP_CIPHER_CTX_free(ctx);
}

static void slot_for(EVP_PKEY *own, EVP_PKEY *host, const uint8_t protection[32], uint8_t slot[SLOT]) {
  static const uint8_t no_iv[12];
  uint8_t point[2 * COORDINATE], shared[SCALAR + 4] = {0}, kek[32];
  size_t size = SCALAR;
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
  check(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, host) == 1, "derivation");
  check(EVP_PKEY_derive(ctx, shared, &size) == 1 && size == SCALAR, "derivation");
  EVP_PKEY_CTX_free(ctx);
  shared[SCALAR + 3] = 1;
  SHA256(shared, sizeof shared, kek);
  point_of(host, point);
  SHA256(point, sizeof point, slot);
  seal(kek, no_iv, NULL, 0, protection, 32, slot + 32);
  OPENSSL_cleanse(shared, sizeof shared);
  OPENSSL_cleanse(kek, sizeof kek);
}

static void put32(uint8_t *to, uint32_t n) {
  to[0] = n >> 24, to[1] = n >> 16, to[2] = n >> 8, to[3] = n;
}

int main(int argc, char **argv) {
  check(argc >= 5 && argc - 4 <= HOSTS_MAX, "HEADER SECRET OUTPUT HOST-KEY-DOCUMENT...");
  static uint8_t header[FILE_MAX], secret[FILE_MAX], request[HEADER + HOSTS_MAX * SLOT + SECRET_HEADER + 2 * FILE_MAX];
  const int hosts = argc - 4;
  size_t header_size = read_file(argv[1], header);
  size_t secret_size = read_file(argv[2], secret + 2);
  check(header_size >= 0x1a0 + 16 && secret_size <= 8190, "input");
  uint8_t protection[32], extension[32];
  check(RAND_bytes(protection, 32) == 1 && RAND_bytes(extension, 32) == 1 && RAND_bytes(request + 0x10, 12) == 1, "random");
  EVP_PKEY *own = EVP_EC_gen("P-521");
  check(own != NULL, "key pair");

  /* value: two bytes of length, the bytes, zeros up to a multiple of 16; then the extension secret */
  secret[0] = secret_size >> 8, secret[1] = secret_size;
  size_t value_size = (2 + secret_size + 15) / 16 * 16;
  memcpy(secret + value_size, extension, 32);
  const size_t aad_size = HEADER + hosts * SLOT + SECRET_HEADER, sealed_size = value_size + 32;
  memcpy(request, "asrcbM", 6);
  put32(request + 0x08, 0x0100);
  put32(request + 0x0c, aad_size + sealed_size + TAG);
  request[0x27] = hosts;
  put32(request + 0x2c, sealed_size);
  /* the three digests stand behind each other in the header too; its tag is its last 16 bytes */
  memcpy(request + 0x38, header + 0xe0, 3 * 64);
  memcpy(request + 0xf8, header + header_size - TAG, TAG);
  point_of(own, request + 0x418);
  for (int i = 0; i < hosts; i++) slot_for(own, host_key(argv[4 + i]), protection, request + HEADER + i * SLOT);
  uint8_t *secret_header = request + HEADER + hosts * SLOT;
  secret_header[3] = 3;
  put32(secret_header + 4, value_size);
  SHA256((const uint8_t *)argv[2], strlen(argv[2]), secret_header + 16);
  seal(protection, request + 0x10, request, aad_size, secret, sealed_size, request + aad_size);

  FILE *f = fopen(argv[3], "wb");
  check(f != NULL, argv[3]);
  const size_t whole = aad_size + sealed_size + TAG;
  check(fwrite(request, 1, whole, f) == whole && fclose(f) == 0, argv[3]);
  OPENSSL_cleanse(protection, sizeof protection);
  OPENSSL_cleanse(extension, sizeof extension);
  OPENSSL_cleanse(secret, sizeof secret);
  EVP_PKEY_free(own);
  return 0;
}
