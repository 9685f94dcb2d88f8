"""The canonical fields of a village list: every column of every layout feeds one of these, or is listed as unknown."""

FIELDS: tuple[str, ...] = (
    "nik",
    "no_kk",
    "nama",
    "jenis_kelamin",
    "tempat_lahir",
    "tanggal_lahir",
    "umur",
    "hubungan",
    "kepala_keluarga",
    "alamat",
    "dusun",
    "rt",
    "rw",
    "kategori",
    "jenis_disabilitas",
    "terlantar",
    "keterangan",
    "nama_ibu",
    "nama_ayah",
    "kode_desa_baris",
    "desa",
    "kecamatan",
    "kabupaten",
    "provinsi",
    "periode_baris",
    "status_hidup",
    "status_padan",
    "status_layak",
    "berita_acara",
    "telepon",
    "wali",
    "pendamping",
)
"""Order matters: the `types` column of a raw row holds one character for each field in this order.
`kode_desa_baris` and `periode_baris` are a row's own columns (a sidecar calls them `kode_desa` and `periode`);
a raw row's `kode_desa` and `periode` are those of its file or sheet."""
