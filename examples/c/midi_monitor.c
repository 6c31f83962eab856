/* Prints what all MIDI sources say, those too that come later. Needs a compiler with blocks: clang -fblocks.
 *
 *     midi_monitor [SECONDS]
 */
#include <CoreFoundation/CoreFoundation.h>
#include <CoreMIDI/CoreMIDI.h>

#include <stdio.h>
#include <stdlib.h>

static MIDIPortRef port;

static void check(OSStatus status, const char *what)
{
    if (status == noErr)
        return;
    fprintf(stderr, "%s: error %d\n", what, (int)status);
    exit(1);
}

/* On MIDI's own thread. */
static void print_packets(const MIDIPacketList *list, void *user, void *connection)
{
    const MIDIPacket *packet = &list->packet[0];
    (void)user;
    for (UInt32 i = 0; i < list->numPackets; i++, packet = MIDIPacketNext(packet)) {
        printf("%-24s", (const char *)connection);
        for (UInt16 b = 0; b < packet->length; b++)
            printf(" %02X", packet->data[b]);
        printf("\n");
    }
    fflush(stdout);
}

static void listen_to(MIDIEndpointRef source)
{
    CFStringRef name = NULL;
    char *text = (char *)calloc(1, 256);
    if (MIDIObjectGetStringProperty(source, kMIDIPropertyDisplayName, &name) == noErr) {
        CFStringGetCString(name, text, 256, kCFStringEncodingUTF8);
        CFRelease(name);
    }
    check(MIDIPortConnectSource(port, source, text), text); /* the name stays for print_packets */
    fprintf(stderr, "listening to %s\n", text);
}

int main(int argc, char **argv)
{
    MIDIClientRef client = 0;
    CFTimeInterval seconds = argc > 1 ? atof(argv[1]) : 1e9;
    MIDINotifyBlock notify = ^(const MIDINotification *message) {
      const MIDIObjectAddRemoveNotification *added = (const MIDIObjectAddRemoveNotification *)message;
      if (message->messageID == kMIDIMsgObjectAdded && added->childType == kMIDIObjectType_Source && port)
          listen_to((MIDIEndpointRef)added->child);
    };
    check(MIDIClientCreateWithBlock(CFSTR("monitor"), &client, notify), "client");
    check(MIDIInputPortCreate(client, CFSTR("in"), print_packets, NULL, &port), "port");
    for (ItemCount i = 0; i < MIDIGetNumberOfSources(); i++)
        listen_to(MIDIGetSource(i));
    CFRunLoopRunInMode(kCFRunLoopDefaultMode, seconds, false);
    MIDIClientDispose(client);
    return 0;
}
