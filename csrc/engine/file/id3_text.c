#include "id3_tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENRE_MOST 4096    /* a longer text is no list of genres */
#define GENRE_NAME_MOST 32 /* no name, with a slash, is longer */

static const char *const genres[] = {
    "Blues",
    "Classic Rock",
    "Country",
    "Dance",
    "Disco",
    "Funk",
    "Grunge",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "New Age",
    "Oldies",
    "Other",
    "Pop",
    "R&B",
    "Rap",
    "Reggae",
    "Rock",
    "Techno",
    "Industrial",
    "Alternative",
    "Ska",
    "Death Metal",
    "Pranks",
    "Soundtrack",
    "Euro-Techno",
    "Ambient",
    "Trip-Hop",
    "Vocal",
    "Jazz+Funk",
    "Fusion",
    "Trance",
    "Classical",
    "Instrumental",
    "Acid",
    "House",
    "Game",
    "Sound Clip",
    "Gospel",
    "Noise",
    "Alt. Rock",
    "Bass",
    "Soul",
    "Punk",
    "Space",
    "Meditative",
    "Instrumental Pop",
    "Instrumental Rock",
    "Ethnic",
    "Gothic",
    "Darkwave",
    "Techno-Industrial",
    "Electronic",
    "Pop-Folk",
    "Eurodance",
    "Dream",
    "Southern Rock",
    "Comedy",
    "Cult",
    "Gangsta Rap",
    "Top 40",
    "Christian Rap",
    "Pop/Funk",
    "Jungle",
    "Native American",
    "Cabaret",
    "New Wave",
    "Psychedelic",
    "Rave",
    "Showtunes",
    "Trailer",
    "Lo-Fi",
    "Tribal",
    "Acid Punk",
    "Acid Jazz",
    "Polka",
    "Retro",
    "Musical",
    "Rock & Roll",
    "Hard Rock",
    "Folk",
    "Folk-Rock",
    "National Folk",
    "Swing",
    "Fast-Fusion",
    "Bebop",
    "Latin",
    "Revival",
    "Celtic",
    "Bluegrass",
    "Avantgarde",
    "Gothic Rock",
    "Progressive Rock",
    "Psychedelic Rock",
    "Symphonic Rock",
    "Slow Rock",
    "Big Band",
    "Chorus",
    "Easy Listening",
    "Acoustic",
    "Humour",
    "Speech",
    "Chanson",
    "Opera",
    "Chamber Music",
    "Sonata",
    "Symphony",
    "Booty Bass",
    "Primus",
    "Porn Groove",
    "Satire",
    "Slow Jam",
    "Club",
    "Tango",
    "Samba",
    "Folklore",
    "Ballad",
    "Power Ballad",
    "Rhythmic Soul",
    "Freestyle",
    "Duet",
    "Punk Rock",
    "Drum Solo",
    "A Cappella",
    "Euro-House",
    "Dance Hall",
    "Goa",
    "Drum & Bass",
    "Club-House",
    "Hardcore",
    "Terror",
    "Indie",
    "BritPop",
    "Afro-Punk",
    "Polsk Punk",
    "Beat",
    "Christian Gangsta Rap",
    "Heavy Metal",
    "Black Metal",
    "Crossover",
    "Contemporary Christian",
    "Christian Rock",
    "Merengue",
    "Salsa",
    "Thrash Metal",
    "Anime",
    "JPop",
    "Synthpop",
    "Abstract",
    "Art Rock",
    "Baroque",
    "Bhangra",
    "Big Beat",
    "Breakbeat",
    "Chillout",
    "Downtempo",
    "Dub",
    "EBM",
    "Eclectic",
    "Electro",
    "Electroclash",
    "Emo",
    "Experimental",
    "Garage",
    "Global",
    "IDM",
    "Illbient",
    "Industro-Goth",
    "Jam Band",
    "Krautrock",
    "Leftfield",
    "Lounge",
    "Math Rock",
    "New Romantic",
    "Nu-Breakz",
    "Post-Punk",
    "Post-Rock",
    "Psytrance",
    "Shoegaze",
    "Space Rock",
    "Trop Rock",
    "World Music",
    "Neoclassical",
    "Audiobook",
    "Audio Theatre",
    "Neue Deutsche Welle",
    "Podcast",
    "Indie Rock",
    "G-Funk",
    "Dubstep",
    "Garage Rock",
    "Psybient",
};

const char *cm_id3_genre(unsigned number)
{
    return number < sizeof genres / sizeof *genres ? genres[number] : NULL;
}

static size_t put_utf8(char *to, UInt32 c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static size_t decode_latin1(char *to, const UInt8 *bytes, size_t size, size_t *used)
{
    size_t n = 0, i = 0;
    for (; i < size && bytes[i]; i++)
        n += put_utf8(to + n, bytes[i]);
    *used = i < size ? i + 1 : i;
    return n;
}

/* The length of the valid UTF-8 sequence at bytes, 0 when there is none. */
static size_t sequence_length(const UInt8 *bytes, size_t size)
{
    static const UInt8 first_bits[5] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    static const UInt32 smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xC0 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    if (length == 0 || length > size || bytes[0] > 0xF4)
        return 0;
    UInt32 c = bytes[0] & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (bytes[i] & 0x3F);
    }
    bool valid = c >= smallest[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    return valid ? length : 0;
}

static size_t decode_utf8(char *to, const UInt8 *bytes, size_t size, size_t *used)
{
    size_t n = 0, i = 0;
    while (size - i >= 3 && memcmp(bytes + i, "\xEF\xBB\xBF", 3) == 0)
        i += 3;
    while (i < size && bytes[i]) {
        size_t length = sequence_length(bytes + i, size - i);
        if (length)
            memcpy(to + n, bytes + i, length);
        n += length ? length : put_utf8(to + n, 0xFFFD);
        i += length ? length : 1;
    }
    *used = i < size ? i + 1 : i;
    return n;
}

static UInt32 unit_at(const UInt8 *bytes, bool big)
{
    return big ? (UInt32)bytes[0] << 8 | bytes[1] : (UInt32)bytes[1] << 8 | bytes[0];
}

static size_t decode_utf16(char *to, const UInt8 *bytes, size_t size, bool big, size_t *used)
{
    size_t n = 0, i = 0;
    if (size >= 2 && (unit_at(bytes, true) == 0xFEFF || unit_at(bytes, false) == 0xFEFF)) {
        big = unit_at(bytes, true) == 0xFEFF;
        i = 2;
    }
    for (; i + 1 < size; i += 2) {
        UInt32 c = unit_at(bytes + i, big);
        if (c == 0)
            break;
        if (c == 0xFEFF && n == 0) /* some writers put two marks */
            continue;
        UInt32 low = (c & 0xFC00) == 0xD800 && i + 3 < size ? unit_at(bytes + i + 2, big) : 0;
        if ((low & 0xFC00) == 0xDC00) {
            c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
            i += 2;
        }
        n += put_utf8(to + n, c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c);
    }
    *used = i + 1 < size ? i + 2 : size;
    return n;
}

char *cm_id3_text(UInt8 encoding, const UInt8 *bytes, size_t size, size_t *used)
{
    char *text = malloc(size * 3 + 1); /* a byte, or half a UTF-16 unit, grows to three at most */
    if (!text)
        return NULL;
    size_t n = 0;
    *used = 0;
    if (encoding == CM_ID3_UTF16 || encoding == CM_ID3_UTF16BE)
        n = decode_utf16(text, bytes, size, encoding == CM_ID3_UTF16BE, used);
    else if (encoding == CM_ID3_UTF8)
        n = decode_utf8(text, bytes, size, used);
    else
        n = decode_latin1(text, bytes, size, used);
    text[n] = 0;
    return text;
}

char *cm_id3_texts(UInt8 encoding, const UInt8 *bytes, size_t size)
{
    size_t used, length = 0;
    char *joined = malloc(size * 4 + 1); /* three for a byte and a slash for each terminator */
    for (size_t at = 0; joined && at < size; at += used) {
        char *text = cm_id3_text(encoding, bytes + at, size - at, &used);
        size_t n = text ? strlen(text) : 0;
        if (n && length)
            joined[length++] = '/';
        if (n)
            memcpy(joined + length, text, n);
        length += n;
        free(text);
        if (!text || used == 0)
            break;
    }
    if (joined)
        joined[length] = 0;
    return joined;
}

/* One element of a genre text: its length, and the name it stands for in *name and *name_length. */
static size_t genre_element(const char *text, const char **name, size_t *name_length)
{
    bool bracket = text[0] == '(' && text[1] != '(';
    const char *begin = text + (text[0] == '(');
    const char *end = begin + strcspn(begin, bracket ? ")" : "/");
    const char *known = NULL;
    char *rest;
    *name = begin;
    *name_length = (size_t)(end - begin);
    unsigned long number = strtoul(begin, &rest, 10);
    if (rest == end && rest > begin && *begin != '-' && *begin != '+' && number < 256)
        known = cm_id3_genre((unsigned)number);
    else if (strncmp(begin, "RX", 2) == 0 && end == begin + 2)
        known = "Remix";
    else if (strncmp(begin, "CR", 2) == 0 && end == begin + 2)
        known = "Cover";
    if (known) {
        *name = known;
        *name_length = strlen(known);
    } else if (bracket) { /* brackets around anything else are meant literally */
        *name = text;
        *name_length = (size_t)(end - text) + (*end != 0);
    }
    return (size_t)(end - text) + (*end != 0);
}

/* True when joined, elements between slashes, has this one already. */
static bool has_element(const char *joined, size_t length, const char *name, size_t name_length)
{
    for (size_t at = 0; at + name_length <= length; at++) {
        bool begins = at == 0 || joined[at - 1] == '/';
        bool ends = at + name_length == length || joined[at + name_length] == '/';
        if (begins && ends && memcmp(joined + at, name, name_length) == 0)
            return true;
    }
    return false;
}

char *cm_id3_genre_text(const char *text)
{
    if (strlen(text) > GENRE_MOST)
        return strdup(text);
    size_t length = 0, size = (strlen(text) + 1) * GENRE_NAME_MOST;
    char *joined = malloc(size);
    while (joined && *text) {
        const char *name;
        size_t name_length;
        text += genre_element(text, &name, &name_length);
        if (name_length == 0 || has_element(joined, length, name, name_length))
            continue;
        if (length)
            joined[length++] = '/';
        memcpy(joined + length, name, name_length);
        length += name_length;
    }
    if (joined)
        joined[length] = 0;
    return joined;
}
