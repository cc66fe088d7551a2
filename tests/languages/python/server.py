"""TCP echo server: asyncio."""
import asyncio


async def serve(reader, writer):
    print("client", writer.get_extra_info("peername"))
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError as problem:
        print(problem)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 65432)
    async with server:
        await server.serve_forever()


asyncio.run(main())
