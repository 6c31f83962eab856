/*
 * CoreFoundation/CFByteOrder.h: numbers in the order of the machine, of big-endian and of little-endian
 * files. [any]
 */
#ifndef CoreFoundation_CFByteOrder_h
#define CoreFoundation_CFByteOrder_h

#include <CoreFoundation/CFBase.h>

typedef CFIndex CFByteOrder;

enum { CFByteOrderUnknown, CFByteOrderLittleEndian, CFByteOrderBigEndian };

static inline CFByteOrder CFByteOrderGetCurrent(void)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? CFByteOrderBigEndian : CFByteOrderLittleEndian;
}

static inline uint16_t CFSwapInt16(uint16_t value)
{
    return __builtin_bswap16(value);
}

static inline uint16_t CFSwapInt16HostToBig(uint16_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderBigEndian ? value : CFSwapInt16(value);
}

static inline uint16_t CFSwapInt16BigToHost(uint16_t value)
{
    return CFSwapInt16HostToBig(value);
}

static inline uint16_t CFSwapInt16HostToLittle(uint16_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderLittleEndian ? value : CFSwapInt16(value);
}

static inline uint16_t CFSwapInt16LittleToHost(uint16_t value)
{
    return CFSwapInt16HostToLittle(value);
}

static inline uint32_t CFSwapInt32(uint32_t value)
{
    return __builtin_bswap32(value);
}

static inline uint32_t CFSwapInt32HostToBig(uint32_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderBigEndian ? value : CFSwapInt32(value);
}

static inline uint32_t CFSwapInt32BigToHost(uint32_t value)
{
    return CFSwapInt32HostToBig(value);
}

static inline uint32_t CFSwapInt32HostToLittle(uint32_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderLittleEndian ? value : CFSwapInt32(value);
}

static inline uint32_t CFSwapInt32LittleToHost(uint32_t value)
{
    return CFSwapInt32HostToLittle(value);
}

static inline uint64_t CFSwapInt64(uint64_t value)
{
    return __builtin_bswap64(value);
}

static inline uint64_t CFSwapInt64HostToBig(uint64_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderBigEndian ? value : CFSwapInt64(value);
}

static inline uint64_t CFSwapInt64BigToHost(uint64_t value)
{
    return CFSwapInt64HostToBig(value);
}

static inline uint64_t CFSwapInt64HostToLittle(uint64_t value)
{
    return CFByteOrderGetCurrent() == CFByteOrderLittleEndian ? value : CFSwapInt64(value);
}

static inline uint64_t CFSwapInt64LittleToHost(uint64_t value)
{
    return CFSwapInt64HostToLittle(value);
}

#endif
